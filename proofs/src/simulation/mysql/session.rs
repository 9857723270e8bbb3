//! What a process asks a simulated MySQL, a statement after the other.

use std::io;
use std::sync::Arc;

use tracking_core::mysql::{Login, Session, SessionAnswer, Unanswered, Value};
use tracking_core::store::url::StoreUrl;
use tracking_core::{Clock, MySqlAllocator, OpenError, OpenStore};

use super::super::network::{Fate, Link, Network, Server, Shared, TIME_OUT_MS, options};
use super::super::world::State;
use super::server::{Answered, Delayed, MySql, Refused, Values, is_foreign, is_swap, is_write};

/// By the machine's own clock, which does not count here.
const URL: &str = "mysql://tracking@primary/sim?timeout_ms=60000&connect_ms=60000";
/// How long after the time-out what was delayed is executed, at most.
const DELAYED_MS: u64 = 60;

#[derive(Clone)]
pub(super) struct Logins(pub(super) Arc<Network<MySql>>);

/// A session of a process.
struct LoggedIn {
    link: Link<MySql>,
    /// Something was asked that had no answer: what comes next may be that.
    is_over: bool,
    /// What was read last came from a server that was read-only.
    was_read_only: bool,
}

impl Shared for Logins {
    fn open(&self, clock: Arc<dyn Clock>) -> Result<Arc<dyn OpenStore>, OpenError> {
        let Ok(StoreUrl::MySql(url)) = URL.parse() else {
            unreachable!("{URL} names a MySQL");
        };
        let login: Arc<dyn Login> = Arc::new(self.clone());
        let opened = MySqlAllocator::open_over(&url, &options(), clock, Some(login))?;
        Ok(Arc::new(opened))
    }
}

impl Login for Logins {
    fn log_in(&self) -> io::Result<Box<dyn Session>> {
        let Self(network) = self;
        Ok(Box::new(LoggedIn {
            link: network.dial()?,
            is_over: false,
            was_read_only: false,
        }))
    }
}

impl Session for LoggedIn {
    fn ask(&mut self, statement: &str, values: &Values) -> Result<SessionAnswer, Unanswered> {
        self.check(statement);
        // The rest of the log-in, of which one statement may fail as well as three.
        if statement.starts_with("SET SESSION ") {
            return Ok(SessionAnswer::default());
        }
        let heard = self.link.exchange(Fate::Delayed, |link, fate| match fate {
            Fate::Delayed => delay(link, statement, values),
            _ => arrive(link, statement, values),
        });
        match heard.answer {
            Ok(Ok(answer)) => {
                self.note(&answer);
                Ok(answer)
            }
            Ok(Err(refused)) => Err(Unanswered::Refused(refused.code, refused.words.to_owned())),
            Err(error) => {
                self.is_over = true;
                if is_write(statement) {
                    self.link.unknown();
                }
                Err(Unanswered::Lost(error))
            }
        }
    }
}

impl LoggedIn {
    /// That it may be asked this.
    fn check(&self, statement: &str) {
        let mut state = self.link.world().lock();
        if self.is_over {
            let text = "a connection was used on after something on it had no answer";
            state.fail(text.to_owned());
        }
        if self.was_read_only && is_write(statement) {
            let text = "what a server that is read-only answered was granted from";
            state.fail(text.to_owned());
        }
    }

    fn note(&mut self, answer: &SessionAnswer) {
        if let Some(found) = column(answer, "read_only") {
            let says = |text: &str| *found == Value::Bytes(text.as_bytes().to_vec());
            self.was_read_only = says("1") || says("ON");
            if self.was_read_only {
                self.link.met("looks at a server that was read-only");
            }
        }
    }
}

fn column<'a>(answer: &'a SessionAnswer, name: &str) -> Option<&'a Value> {
    let mut columns = answer.rows.iter().flatten();
    columns
        .find(|(named, _)| named == name)
        .map(|(_, value)| value)
}

/// It is executed once nobody waits for it any more; what its answer would be nobody hears.
fn delay(link: &Link<MySql>, statement: &str, values: &Values) -> io::Result<Answered> {
    link.in_server(|server, state| {
        let due_ms = state.now_ms + TIME_OUT_MS + 1 + state.up_to(DELAYED_MS);
        server.delayed.push(Delayed {
            due_ms,
            statement: statement.to_owned(),
            values: values.to_vec(),
        });
    })?;
    Ok(Ok(SessionAnswer::default()))
}

fn arrive(link: &Link<MySql>, statement: &str, values: &Values) -> io::Result<Answered> {
    let (answer, is_reserved) = link.in_server(|server, state| {
        while let Some(late) = server.due(state.now_ms) {
            let answer = execute(server, state, &late.statement, &late.values);
            if is_swap(&late.statement) && answer.is_ok_and(|answer| answer.changed > 0) {
                state.met_at(
                    MySql::NAME,
                    "writes after their time-out that changed something",
                );
            }
        }
        if is_write(statement) {
            state.asks_to_reserve();
        }
        let answer = execute(server, state, statement, values);
        if let Ok(answer) = &answer
            && let Some(nonce) = column(answer, "nonce")
        {
            server.read.insert(state.current, nonce.clone());
        }
        let is_swapped = is_swap(statement) && matches!(&answer, Ok(answer) if answer.changed > 0);
        (answer, is_swapped)
    })?;
    if is_reserved {
        link.reserved();
    }
    Ok(answer)
}

fn execute(server: &mut MySql, state: &mut State, statement: &str, values: &Values) -> Answered {
    server.give_back(state.now_ms);
    let is_foreign = server.rows().any(|row| is_foreign(row));
    let answer = server.execute(statement, values, state.now_ms, state.true_ms());
    state.tell(|| format!("the server executes {statement:.20}: {}", shown(&answer)));
    let met = match &answer {
        Ok(answer) if is_swap(statement) && answer.changed == 0 => {
            Some("writes that another was faster than")
        }
        Ok(_) if is_swap(statement) => {
            if is_foreign {
                state.fail("a row that another series is in was granted from".to_owned());
            }
            let own = Value::Bytes(server.identity().into());
            if values
                .iter()
                .any(|(name, value)| name == "history" && *value != own)
            {
                state.fail("what was read on one server was written on another".to_owned());
            }
            None
        }
        Ok(_) if is_write(statement) => Some("rows created"),
        Ok(_) => None,
        Err(refused) if refused.code == Refused::UNKNOWN => {
            state.fail(format!(
                "the simulation knows no such statement: {statement}"
            ));
            None
        }
        Err(refused) => Some(refused.words),
    };
    if let Some(what) = met {
        state.met_at(MySql::NAME, what);
    }
    answer
}

/// The shape of an answer, in a history.
fn shown(answer: &Answered) -> String {
    match answer {
        Ok(answer) => match column(answer, "nonce") {
            Some(Value::Bytes(nonce)) => format!("nonce {:.6}", String::from_utf8_lossy(nonce)),
            Some(_) => "no row".to_owned(),
            None => format!("{} rows, {} changed", answer.rows.len(), answer.changed),
        },
        Err(refused) => refused.words.to_owned(),
    }
}
