//! Asks the server that a URL names: one call at a time, each with its deadline.
//!
//! The time-out of the driver's sockets bounds one read, and looking up a name has none at all. So each
//! statement runs on a thread of its own, which takes the connection along; who is late is left behind with
//! it, and whatever comes of the statement, nobody hears.
//!
//! # What may be asked again
//! | what went wrong | what the server did | next |
//! |---|---|---|
//! | a look, on a connection that an earlier call has used, which broke or leads to a server that is read-only by now | nothing: a look changes nothing | the same look, on a new connection |
//! | a write | unknown | nothing: the caller has its error |
//! | a write that met another's (no row, or a duplicate key) | nothing | a look, and another write of what follows from that |
//! | anything else | nothing, or unknown | nothing: the caller has its error |

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;

use crate::fork::PerProcess;
use crate::store::deadline::Deadline;
use crate::store::turn::{Turn, Turns};
use crate::store::url::MySqlUrl;

use super::connection::Connection;
use super::fault::MySqlFault;

/// How many statements may be under way at once, each on a thread of its own: one, and those that were
/// left behind.
const UNDER_WAY: usize = 4;

/// A server, and the one connection to it.
pub(super) struct Client {
    url: Arc<MySqlUrl>,
    turns: PerProcess<Turns<Connection>>,
    /// Held by each statement that is under way, so that its count is their number.
    under_way: PerProcess<Arc<()>>,
}

/// The turn of one thread at the connection, with its deadline.
pub(super) struct Call<'a> {
    client: &'a Client,
    turn: Turn<'a, Connection>,
    pub(super) deadline: Deadline,
}

impl Client {
    pub(super) fn new(url: MySqlUrl) -> Self {
        Self {
            url: Arc::new(url),
            turns: PerProcess::default(),
            under_way: PerProcess::default(),
        }
    }

    pub(super) fn url(&self) -> &MySqlUrl {
        &self.url
    }

    pub(super) fn url_shared(&self) -> Arc<MySqlUrl> {
        Arc::clone(&self.url)
    }

    /// A call, which must be over within the time-out of the URL.
    pub(super) fn call(&self) -> Result<Call<'_>, MySqlFault> {
        let deadline = Deadline::after(self.url.timeout());
        let turn = self.turns.get(Default::default).take(deadline)?;
        Ok(Call {
            client: self,
            turn,
            deadline,
        })
    }

    /// Run it on another thread, and wait for it until the deadline.
    fn run<T: Send + 'static>(
        &self,
        deadline: Deadline,
        late: impl FnOnce() -> MySqlFault,
        work: impl FnOnce() -> Result<T, MySqlFault> + Send + 'static,
    ) -> Result<T, MySqlFault> {
        let under_way = self.under_way.get(Default::default);
        let statements = Arc::strong_count(under_way) - 1;
        if statements >= UNDER_WAY {
            return Err(MySqlFault::Crowded { statements });
        }
        let left = deadline.left().ok_or(MySqlFault::TooLate {
            within: deadline.whole(),
        })?;
        let (sender, receiver) = sync_channel(1);
        let held = Arc::clone(under_way);
        thread::Builder::new()
            .name("tracking-mysql".to_owned())
            .spawn(move || {
                let answer = work();
                drop(held);
                // Nobody waits for one that is late; its connection is closed here.
                let _late = sender.send(answer);
            })
            .map_err(|error| self.failed(Arc::new(error)))?;
        match receiver.recv_timeout(left) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(late()),
            // The driver panicked at what the server sent.
            Err(RecvTimeoutError::Disconnected) => Err(MySqlFault::Garbled {
                address: self.url.address(),
                found: "bytes that the driver gave up at".to_owned(),
            }),
        }
    }

    fn failed(&self, error: Arc<std::io::Error>) -> MySqlFault {
        MySqlFault::Connect {
            address: self.url.address(),
            cause: error.to_string(),
        }
    }

    fn connect(&self, deadline: Deadline) -> Result<Connection, MySqlFault> {
        let whole = deadline.share(1, self.url.connect_timeout());
        let late = || MySqlFault::ConnectTimeout {
            address: self.url.address(),
            within: whole.whole(),
        };
        let url = Arc::clone(&self.url);
        self.run(whole, late, move || Connection::open(&url))
    }
}

impl Call<'_> {
    /// Have a question answered that changes nothing, or nothing more where it is asked twice.
    pub(super) fn look<T, F>(&mut self, question: F) -> Result<T, MySqlFault>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, MySqlFault> + Clone + Send + 'static,
    {
        let was_used = self.turn.connection.is_some();
        match self.write(question.clone()) {
            Err(MySqlFault::Broken { .. } | MySqlFault::ReadOnly { .. }) if was_used => {
                self.write(question)
            }
            answer => answer,
        }
    }

    /// Have something done, once. The connection is kept only where there is an answer.
    pub(super) fn write<T, F>(&mut self, statement: F) -> Result<T, MySqlFault>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, MySqlFault> + Send + 'static,
    {
        let (client, deadline) = (self.client, self.deadline);
        let mut connection = match self.turn.connection.take() {
            Some(connection) => connection,
            None => client.connect(deadline)?,
        };
        let late = || MySqlFault::NoAnswer {
            address: client.url.address(),
            within: deadline.whole(),
        };
        let (connection, answer) = client.run(deadline, late, move || {
            let answer = statement(&mut connection)?;
            Ok((connection, answer))
        })?;
        self.turn.connection = Some(connection);
        Ok(answer)
    }
}
