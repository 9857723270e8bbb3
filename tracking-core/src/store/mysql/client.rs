//! Asks the server that a URL names: one call at a time, each with its deadline.
//!
//! # What may be asked again
//! | what went wrong | what the server did | next |
//! |---|---|---|
//! | a look, on a connection that an earlier call has used, which broke or leads to a server that is read-only by now | nothing: a look changes nothing | the same look, on a new connection |
//! | a write | unknown | nothing: the caller has its error |
//! | a write that met another's (no row, or a duplicate key) | nothing | a look, and another write of what follows from that |
//! | anything else | nothing, or unknown | nothing: the caller has its error |

use std::sync::Arc;

use crate::fork::PerProcess;
use crate::mysql::{Connection, Connector, Fault, Login};
use crate::store::deadline::Deadline;
use crate::store::turn::{Turn, Turns};
use crate::store::url::MySqlUrl;

use super::fault::MySqlFault;
use super::purpose::PURPOSE;

/// A server, and the one connection to it.
pub(super) struct Client {
    connector: Connector,
    turns: PerProcess<Turns<Connection>>,
}

/// The turn of one thread at the connection, with its deadline.
pub(super) struct Call<'a> {
    client: &'a Client,
    turn: Turn<'a, Connection>,
    pub(super) deadline: Deadline,
}

impl Client {
    pub(super) fn new(url: MySqlUrl, login: Option<Arc<dyn Login>>) -> Self {
        Self {
            connector: Connector::over(url, &PURPOSE, login),
            turns: PerProcess::default(),
        }
    }

    pub(super) fn url(&self) -> &MySqlUrl {
        self.connector.url()
    }

    pub(super) fn url_shared(&self) -> Arc<MySqlUrl> {
        self.connector.url_shared()
    }

    /// A call, which must be over within the time-out of the URL.
    pub(super) fn call(&self) -> Result<Call<'_>, MySqlFault> {
        let deadline = Deadline::after(self.url().timeout());
        let turn = self.turns.get(Default::default).take(deadline)?;
        Ok(Call {
            client: self,
            turn,
            deadline,
        })
    }
}

impl Call<'_> {
    /// Have a question answered that changes nothing, or nothing more where it is asked twice.
    pub(super) fn look<T>(
        &mut self,
        question: impl FnOnce(&mut Connection) -> Result<T, MySqlFault> + Clone,
    ) -> Result<T, MySqlFault> {
        let was_used = self.turn.connection.is_some();
        match self.write(question.clone()) {
            Err(MySqlFault::Server(Fault::Broken { .. } | Fault::ReadOnly { .. })) if was_used => {
                self.write(question)
            }
            answer => answer,
        }
    }

    /// Have something done, once. The connection is kept only where there is an answer.
    pub(super) fn write<T>(
        &mut self,
        statement: impl FnOnce(&mut Connection) -> Result<T, MySqlFault>,
    ) -> Result<T, MySqlFault> {
        let mut connection = match self.turn.connection.take() {
            Some(connection) => connection,
            None => self.client.connector.connect_by(self.deadline)?,
        };
        connection.end_at(self.deadline);
        let answer = statement(&mut connection)?;
        self.turn.connection = Some(connection);
        Ok(answer)
    }
}
