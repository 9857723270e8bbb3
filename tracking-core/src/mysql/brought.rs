//! A server that a simulation brings.

use std::io;

use mysql::{MySqlError, Params};

use super::value::Value;

/// Logs in to a server, in a simulation.
pub trait Login: Send + Sync {
    /// A session at the one server.
    ///
    /// # Errors
    /// There is none to be had.
    fn log_in(&self) -> io::Result<Box<dyn Session>>;
}

/// A session, in a simulation: it ends what is asked by itself.
pub trait Session: Send {
    /// Answer a statement, with the values that it names.
    ///
    /// # Errors
    /// [`Unanswered`].
    fn ask(
        &mut self,
        statement: &str,
        values: &[(String, Value)],
    ) -> Result<SessionAnswer, Unanswered>;
}

/// What a session answers.
#[derive(Debug, Clone, Default)]
pub struct SessionAnswer {
    /// The rows: each value with its column's name.
    pub rows: Vec<Vec<(String, Value)>>,
    /// How many rows were changed.
    pub changed: u64,
}

/// Why a session answers nothing else.
#[derive(Debug)]
pub enum Unanswered {
    /// The server refused, by this number and these words.
    Refused(u16, String),
    /// No answer came; [`TimedOut`](io::ErrorKind::TimedOut) where it came too late.
    Lost(io::Error),
}

/// Ask as the driver is asked, whose errors it answers.
pub(super) fn ask(
    session: &mut dyn Session,
    statement: &str,
    parameters: Params,
) -> Result<SessionAnswer, mysql::Error> {
    let mut values: Vec<(String, Value)> = match parameters {
        Params::Empty => Vec::new(),
        Params::Named(named) => named
            .into_iter()
            .map(|(name, value)| {
                (
                    String::from_utf8_lossy(&name).into_owned(),
                    Value::of(value),
                )
            })
            .collect(),
        Params::Positional(values) => (1..)
            .zip(values)
            .map(|(place, value)| (u64::to_string(&place), Value::of(value)))
            .collect(),
    };
    values.sort_by(|(one, _), (other, _)| one.cmp(other));
    session
        .ask(statement, &values)
        .map_err(|unanswered| match unanswered {
            Unanswered::Refused(code, message) => mysql::Error::MySqlError(MySqlError {
                state: "HY000".to_owned(),
                message,
                code,
            }),
            Unanswered::Lost(error) => mysql::Error::IoError(error),
        })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;
    use crate::mysql::purpose::TESTS;
    use crate::mysql::{Connector, Fault};

    /// Answers the values that it was asked with, unless the statement is a failure.
    struct Echo;

    impl Login for Echo {
        fn log_in(&self) -> io::Result<Box<dyn Session>> {
            Ok(Box::new(Self))
        }
    }

    impl Session for Echo {
        fn ask(
            &mut self,
            statement: &str,
            values: &[(String, Value)],
        ) -> Result<SessionAnswer, Unanswered> {
            let column = |name: &str, value: &str| (name.to_owned(), Value::Bytes(value.into()));
            let row = match statement {
                "read-only" => return Err(Unanswered::Refused(1290, "--read-only".to_owned())),
                "late" => return Err(Unanswered::Lost(io::ErrorKind::TimedOut.into())),
                "broken" => return Err(Unanswered::Lost(io::ErrorKind::ConnectionReset.into())),
                "echo" => values.to_vec(),
                _ => vec![
                    column("Variable_name", "version"),
                    column("Value", "10.6.20-MariaDB"),
                ],
            };
            Ok(SessionAnswer {
                rows: vec![row],
                changed: 7,
            })
        }
    }

    #[test]
    fn answers_and_failures_are_as_of_a_driver() {
        let url = "mysql://u@h/a".parse().unwrap();
        let connector = Connector::over(url, &TESTS, Some(Arc::new(Echo)));
        let mut connection = connector.connect(Instant::now()).unwrap();
        let values = vec![Value::Int(3), Value::Null, Value::Bytes(b"x".to_vec())];
        assert_eq!(connection.rows("echo", values.clone()).unwrap(), [values]);
        assert_eq!(connection.change("echo", Vec::new()).unwrap(), 7);
        for (statement, is_expected) in [
            (
                "read-only",
                (|fault| matches!(fault, Fault::ReadOnly { .. })) as fn(Fault) -> bool,
            ),
            ("late", |fault| matches!(fault, Fault::NoAnswer { .. })),
            ("broken", |fault| matches!(fault, Fault::Broken { .. })),
        ] {
            let fault = connection.run(statement).unwrap_err();
            assert!(is_expected(fault.clone()), "{statement}: {fault}");
        }
    }
}
