//! `tracking next`: issue numbers.

mod page;
mod recording;

use tracking_core::issued::IssuedMany;
use tracking_core::{Desk, Generator};
use tracking_programs::args::StoreArgs;

use self::page::Page;
use self::recording::Recording;
use crate::args::NextArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::stores::open_or_create;

/// More numbers than this fill the pipe that standard output may be, again and again.
const MANY: u64 = 65_536;

pub(crate) fn run(args: &NextArgs, store: &StoreArgs) -> Result<(), Failure> {
    let order = args.order.order()?;
    recording::check(args)?;
    let mut press = Press {
        page: Page::new(args.format),
        printed: 0,
        output: Output::new()?,
    };
    if args.count == 0 {
        return press.end();
    }
    let stop = Stop::register()?;
    // Before the store: without its ledger no series is made, and no number is reserved.
    let ledger = args.ledger.open()?;
    // A series that is made is made whole, and nothing of it is left lying about.
    stop.wait();
    let store = open_or_create(store)?;
    // The first number may take its time.
    stop.wait_no_more()?;
    let desk = Desk::new(Generator::new(store)).with_zone(args.zone.zone());
    let recording = ledger
        .map(|ledger| Recording::new(args, desk.clone(), ledger))
        .transpose()?;
    if let (Some(recording), Some(key)) = (&recording, &args.idempotency_key) {
        let issued = recording.issue(key, &order)?;
        stop.wait();
        press.print(IssuedMany {
            numbers: &issued.numbers,
            at_ms: issued.at_ms,
            order: &order,
            zone: desk.zone(),
        })?;
        return press.end();
    }
    if args.count > MANY {
        press.output.widen();
    }
    let progress = Progress::of_numbers(args.count, &press.output);
    let result = desk.issue_many(&order, args.count, |page| {
        stop.check()?;
        stop.wait();
        if let Some(recording) = &recording {
            recording.record(&page)?;
        }
        press.print(page)?;
        progress.at(press.printed);
        Ok(())
    });
    drop(progress);
    let printed = press.printed;
    match result {
        Ok(()) => press.end(),
        Err(failure) if printed == 0 => Err(failure),
        // Numbers that were issued stay issued, so an array that ends early is whole too.
        Err(stopped @ Failure::Stopped(_)) => press.end().and(Err(stopped)),
        Err(Failure::Undone(why)) => {
            // What went wrong first is what is told.
            let _ = press.end();
            let count = args.count;
            let why = format!("{why} (after {printed} of {count} numbers)");
            Err(Failure::Undone(why))
        }
        Err(failure) => Err(failure),
    }
}

/// Prints numbers, page after page in the same buffers.
struct Press {
    page: Page,
    /// How many numbers.
    printed: u64,
    output: Output,
}

impl Press {
    fn print(&mut self, issued: IssuedMany<'_, '_>) -> Result<(), Failure> {
        if self.printed == 0 {
            self.output.write(&self.page.start())?;
        }
        self.output.write(self.page.fill(issued))?;
        self.printed += issued.numbers.len() as u64;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Failure> {
        if self.printed == 0 {
            self.output.write(&self.page.start())?;
        }
        self.output.write(self.page.end())
    }
}
