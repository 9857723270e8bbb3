//! `tracking token`: make one, or check the file that tells who may.

mod check;
mod new;

use crate::args::TokenCommand;
use crate::failure::Failure;

pub(crate) fn run(command: &TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::New(args) => new::run(args),
        TokenCommand::Check(args) => check::run(args),
    }
}
