//! Those who ask over HTTP: what they want, how they ask, and what must hold of each answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tracking_core::{Series, TrackingNumber};

use super::database::Database;
use super::process::Process;
use super::world::World;

/// How many serials one wish is for, at most.
const MOST: u64 = 30;

/// All clients of all servers of a simulation.
pub(super) struct Clients {
    pub(super) world: Arc<World>,
    /// Where the servers record before they answer, if they do.
    pub(super) database: Option<Arc<Database>>,
    wishes: Mutex<Vec<Wish>>,
}

/// Numbers that somebody wants once, and asks for until they have them.
#[derive(Debug, Default)]
struct Wish {
    /// Whether requests for it have an idempotency key, which is the wish's place.
    has_key: bool,
    count: usize,
    /// What any server answered under its key, whether that arrived or not.
    answered: Option<Vec<TrackingNumber>>,
    /// Whether an answer was no replay.
    is_taken: bool,
    has_arrived: bool,
}

/// A request on its way to a server.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    wish: usize,
    pub(super) fate: Fate,
}

/// What becomes of a request, once a server has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Well,
    /// Its answer is lost.
    Unheard,
    /// Its client closes the connection after so many looks.
    GoesAway(u8),
}

impl Clients {
    fn new(world: &Arc<World>, has_ledger: bool) -> Arc<Self> {
        Arc::new(Self {
            world: Arc::clone(world),
            database: has_ledger.then(|| Database::new(world)),
            wishes: Mutex::default(),
        })
    }

    /// Nobody, or those of servers that record, or that do not.
    pub(super) fn by_dice(world: &Arc<World>) -> Option<Arc<Self>> {
        let dice = world.lock().up_to(3);
        (dice > 1).then(|| Self::new(world, dice == 3))
    }

    /// One of them asks one of the servers, or does not, and that has a turn.
    pub(super) fn turn(&self, processes: &mut [Process]) {
        let (place, asks) = {
            let mut state = self.world.lock();
            let Some(place) = state.place_in(processes.len()) else {
                return;
            };
            (place, state.one_in(2))
        };
        if asks {
            processes[place].arrive(self.ask());
        }
        processes[place].serve();
    }

    fn wishes(&self) -> MutexGuard<'_, Vec<Wish>> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One of them asks a server: what of it arrives there.
    fn ask(&self) -> Vec<Asked> {
        let wish = self.old_wish().unwrap_or_else(|| self.new_wish());
        let dice = self.world.lock().up_to(29);
        self.world.met("requests sent");
        let (times, fate) = match dice {
            0 => (0, Fate::Well),
            1 | 2 => (2, Fate::Well),
            3 | 4 => (1, Fate::Unheard),
            5 | 6 => (1, Fate::GoesAway((dice % 3) as u8)),
            _ => (1, Fate::Well),
        };
        match times {
            0 => self.world.met("requests lost on their way to a server"),
            2 => self.world.met("requests that came twice"),
            _ => {}
        }
        vec![Asked { wish, fate }; times]
    }

    /// A wish that was asked for with a key, and of which nothing has come yet.
    fn old_wish(&self) -> Option<usize> {
        let wishes = self.wishes();
        let open: Vec<usize> = (0..wishes.len())
            .filter(|&place| wishes[place].has_key && !wishes[place].has_arrived)
            .collect();
        drop(wishes);
        let mut state = self.world.lock();
        if open.is_empty() || state.one_in(2) {
            return None;
        }
        let place = state.one_of(&open);
        state.met.count("requests sent again with their key");
        Some(place)
    }

    fn new_wish(&self) -> usize {
        let (has_key, count) = {
            let mut state = self.world.lock();
            let count = match state.one_in(2) {
                true => 1,
                false => 1 + state.up_to(MOST) as usize,
            };
            (self.database.is_some() && !state.one_in(4), count)
        };
        let mut wishes = self.wishes();
        wishes.push(Wish {
            has_key,
            count,
            ..Wish::default()
        });
        wishes.len() - 1
    }

    /// The request as it goes over the wire.
    pub(super) fn request(&self, asked: &Asked) -> Request<Bytes> {
        let wish = &self.wishes()[asked.wish];
        let builder = Request::builder().header(HOST, "localhost");
        let builder = match wish.has_key {
            true => builder.header("idempotency-key", format!("wish-{}", asked.wish)),
            false => builder,
        };
        let (builder, body) = match wish.count {
            1 => (builder.uri("/next-tracking-number"), String::new()),
            count => (
                builder
                    .method("POST")
                    .uri("/tracking-numbers")
                    .header(CONTENT_TYPE, "application/json")
                    .header(ACCEPT, "text/plain"),
                format!("{{\"count\":{count}}}"),
            ),
        };
        #[expect(clippy::expect_used, reason = "it has no part that could be wrong")]
        builder.body(Bytes::from(body)).expect("a request")
    }

    /// What a server answered: what must hold of it, whether it arrives or not.
    pub(super) fn answered(&self, series: &Series, asked: &Asked, answer: &Response<Bytes>) {
        let status = answer.status();
        let what = match status {
            StatusCode::OK => "answers with numbers",
            StatusCode::SERVICE_UNAVAILABLE => "answers of 503",
            StatusCode::CONFLICT => "answers of 409",
            _ => {
                let text = String::from_utf8_lossy(answer.body());
                let text = format!("a request was answered with {status}: {text}");
                return self.world.lock().fail(text);
            }
        };
        self.world.met(what);
        if status != StatusCode::OK {
            return;
        }
        let is_replay = answer.headers().contains_key("idempotent-replayed");
        let is_whole = is_whole(answer);
        if !is_whole {
            self.world.met("answers that broke off");
        }
        let numbers = numbers(answer.body());
        let count = self.wishes()[asked.wish].count;
        // What came of one that broke off was issued, too.
        let is_right = match is_whole {
            true => numbers.len() == count,
            false => self.database.is_none() && (1..count).contains(&numbers.len()),
        };
        if !is_right {
            let found = numbers.len();
            let text = format!("{count} numbers were asked for, {found} answered");
            return self.world.lock().fail(text);
        }
        if let Err(text) = self.check(series, asked, &numbers, is_replay) {
            self.world.lock().fail(text);
        }
        match asked.fate {
            Fate::Well | Fate::GoesAway(_) => self.wishes()[asked.wish].has_arrived = true,
            Fate::Unheard => self.world.met("answers lost on their way to a client"),
        }
    }

    /// One of them closed its connection, and waits for no answer any more.
    pub(super) fn went_away(&self) {
        self.world.met("clients that went away");
    }

    fn check(
        &self,
        series: &Series,
        asked: &Asked,
        numbers: &[TrackingNumber],
        is_replay: bool,
    ) -> Result<(), String> {
        let mut wishes = self.wishes();
        let wish = &mut wishes[asked.wish];
        let is_recorded = |number| match &self.database {
            Some(database) => database.holds(number),
            None => true,
        };
        if let Some(number) = numbers.iter().find(|number| !is_recorded(number)) {
            return Err(format!("{number} was answered, and is not recorded"));
        }
        if is_replay {
            self.world.met("answers that were given before");
        }
        // Who asks again may be answered before whoever the numbers were taken for.
        let is_second = !is_replay && std::mem::replace(&mut wish.is_taken, true);
        match &wish.answered {
            Some(before) if is_second || before != numbers => Err(format!(
                "the key wish-{} was answered with {} and with {}",
                asked.wish, before[0], numbers[0]
            )),
            Some(_) => Ok(()),
            None => {
                if wish.has_key {
                    wish.answered = Some(numbers.to_vec());
                }
                let mut state = self.world.lock();
                state.met.add("numbers answered", numbers.len() as u64);
                let who = state.current;
                state.book.issue(series, numbers, who)
            }
        }
    }
}

/// Whether all came that the head says.
fn is_whole(answer: &Response<Bytes>) -> bool {
    let length = answer.headers().get(CONTENT_LENGTH);
    length.is_none_or(|length| *length == HeaderValue::from(answer.body().len()))
}

/// The numbers of an answer: one in an object, or one a line.
fn numbers(body: &[u8]) -> Vec<TrackingNumber> {
    let text = String::from_utf8_lossy(body);
    match text.strip_prefix("{\"tracking_number\":\"") {
        Some(rest) => rest.split('"').take(1).flat_map(str::parse).collect(),
        None => text.lines().flat_map(str::parse).collect(),
    }
}
