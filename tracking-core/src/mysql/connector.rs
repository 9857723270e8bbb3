//! Connects, by a deadline.

use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Instant;

use crate::fork::PerProcess;
use crate::store::deadline::Deadline;
use crate::store::url::MySqlUrl;

use super::brought::Login;
use super::connect::connect;
use super::connection::Connection;
use super::driver::Driver;
use super::fault::Fault;
use super::purpose::Purpose;

/// How many attempts may have been left behind, each on a thread of its own, before no more are made.
const LEFT_BEHIND: usize = 4;

/// A server, and what its connections are for.
pub struct Connector {
    url: Arc<MySqlUrl>,
    purpose: &'static Purpose,
    /// Brought by a simulation.
    login: Option<Arc<dyn Login>>,
    /// Attempts that nobody waits for any more: each is held by its thread.
    left_behind: PerProcess<Mutex<Vec<Weak<()>>>>,
}

impl Connector {
    /// Connects nothing yet.
    pub fn new(url: MySqlUrl, purpose: &'static Purpose) -> Self {
        Self::over(url, purpose, None)
    }

    /// The same over sessions that a simulation brings.
    pub(crate) fn over(
        url: MySqlUrl,
        purpose: &'static Purpose,
        login: Option<Arc<dyn Login>>,
    ) -> Self {
        Self {
            url: Arc::new(url),
            purpose,
            login,
            left_behind: PerProcess::default(),
        }
    }

    /// Whom it connects to.
    pub fn url(&self) -> &MySqlUrl {
        &self.url
    }

    pub(crate) fn url_shared(&self) -> Arc<MySqlUrl> {
        Arc::clone(&self.url)
    }

    /// A connection for a call that began then, and must be over within the time-out of the URL.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn connect(&self, began: Instant) -> Result<Connection, Fault> {
        self.connect_by(Deadline::of_call(began, self.url.timeout()))
    }

    /// A connection for a call with this deadline.
    ///
    /// Nothing bounds the look-up of a name, and the time-outs of the driver's sockets bound one wait each. So it
    /// connects on a thread of its own; one that is late is left behind, and whatever comes of it is closed there.
    pub(crate) fn connect_by(&self, deadline: Deadline) -> Result<Connection, Fault> {
        if let Some(login) = &self.login {
            return self.connect_over(&**login, deadline);
        }
        let attempts = self.left_behind();
        if attempts >= LEFT_BEHIND {
            return Err(Fault::Crowded { attempts });
        }
        let share = deadline.share(1, self.url.connect_timeout());
        let left = share.left().ok_or(Fault::TooLate {
            within: deadline.whole(),
        })?;
        let (sender, receiver) = sync_channel(1);
        let (url, purpose) = (Arc::clone(&self.url), self.purpose);
        let held = Arc::new(());
        let attempt = Arc::downgrade(&held);
        thread::Builder::new()
            .name("tracking-mysql".to_owned())
            .spawn(move || {
                let open =
                    |conn| Connection::over(Driver::Own(conn), url.clone(), purpose, deadline);
                let answer = connect(&url, purpose).and_then(open);
                drop(held);
                // Nobody waits for one that is late; its connection is closed here.
                let _late = sender.send(answer);
            })
            .map_err(|error| Fault::Connect {
                address: self.url.address(),
                cause: error.to_string(),
            })?;
        match receiver.recv_timeout(left) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                self.lock().push(attempt);
                Err(Fault::ConnectTimeout {
                    address: self.url.address(),
                    within: share.whole(),
                })
            }
            // The driver panicked at what the server sent.
            Err(RecvTimeoutError::Disconnected) => Err(Fault::Garbled {
                address: self.url.address(),
                found: Connection::GIVEN_UP.to_owned(),
            }),
        }
    }

    /// What a simulation brings is asked on the caller's thread.
    fn connect_over(&self, login: &dyn Login, deadline: Deadline) -> Result<Connection, Fault> {
        let session = login.log_in().map_err(|error| Fault::Connect {
            address: self.url.address(),
            cause: error.to_string(),
        })?;
        let driver = Driver::Brought(session);
        Connection::over(driver, self.url_shared(), self.purpose, deadline)
    }

    fn left_behind(&self) -> usize {
        let mut attempts = self.lock();
        attempts.retain(|attempt| attempt.strong_count() > 0);
        attempts.len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<()>>> {
        let attempts = self.left_behind.get(Default::default);
        attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::mysql::purpose::TESTS;

    #[test]
    fn attempts_that_were_left_behind_are_few() {
        // It takes connections, and says nothing.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("mysql://u@127.0.0.1:{port}/a?connect_ms=20&timeout_ms=60000");
        let connector = Connector::new(url.parse().unwrap(), &TESTS);
        let attempt = || connector.connect(Instant::now()).unwrap_err().to_string();
        for _ in 0..LEFT_BEHIND {
            let late = format!("127.0.0.1:{port} took no connection and no login within 20 ms");
            assert_eq!(attempt(), late);
        }
        assert_eq!(
            attempt(),
            "4 attempts to connect still wait for the network or for name resolution"
        );
        // They end, and it goes on.
        drop(listener);
        let start = Instant::now();
        while connector.left_behind() > 0 {
            assert!(start.elapsed() < Duration::from_secs(20));
            thread::yield_now();
        }
        let refused = attempt();
        assert!(refused.starts_with("cannot connect to "), "{refused}");
    }
}
