//! `tracking next`: issue numbers.

mod blocks;
mod encode;
mod page;
mod progress;

use std::num::NonZeroU32;

use tracking_core::issued::{Issued, Zone};
use tracking_core::order::Order;
use tracking_core::{Block, Clock, Series, SystemClock, TrackingNumber};
use tracking_programs::args::StoreArgs;

use self::blocks::for_each_block;
use self::encode::Encoder;
use self::page::Page;
use self::progress::Progress;
use crate::args::NextArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::stop::Stop;
use crate::stores::open_or_create;

/// Numbers of a page: what is written at once, and what a signal waits for.
const PAGE: NonZeroU32 = NonZeroU32::new(65_536).unwrap();

pub(crate) fn run(args: &NextArgs, store: &StoreArgs) -> Result<(), Failure> {
    let order = args.order.order()?;
    let mut press = Press {
        encoder: Encoder::new(),
        page: Page::new(args.format),
        order: &order,
        zone: args.zone.zone(),
        numbers: Vec::new(),
        printed: 0,
        output: Output::new()?,
    };
    if args.count == 0 {
        return press.end();
    }
    let stop = Stop::register()?;
    // A series that is made is made whole, and nothing of it is left lying about.
    stop.wait();
    let store = open_or_create(store)?;
    // The first number may take its time.
    stop.wait_no_more()?;
    let progress = Progress::new(args.count, &press.output);
    let result = for_each_block(&*store, args.count, |block| {
        let mut rest = Some(block);
        while let Some(block) = rest {
            stop.check()?;
            stop.wait();
            let (page, tail) = block.split(PAGE);
            press.print(store.series(), page)?;
            progress.at(press.printed);
            rest = tail;
        }
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

/// Makes serials into numbers and prints them, page after page in the same buffers.
struct Press<'a> {
    encoder: Encoder,
    page: Page,
    order: &'a Order,
    zone: Zone,
    numbers: Vec<TrackingNumber>,
    /// How many numbers.
    printed: u64,
    output: Output,
}

impl Press<'_> {
    fn print(&mut self, series: &Series, block: Block) -> Result<(), Failure> {
        let count = block.length().get() as usize;
        let first = series.encode(block.start());
        self.numbers.resize(count, first);
        self.encoder.encode(series, block, &mut self.numbers);
        let issued = Issued {
            number: first,
            at_ms: SystemClock.now_ms(),
            order: self.order,
            zone: self.zone,
        };
        if self.printed == 0 {
            self.output.write(&self.page.start())?;
        }
        self.output.write(self.page.fill(&self.numbers, &issued))?;
        self.printed += count as u64;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Failure> {
        if self.printed == 0 {
            self.output.write(&self.page.start())?;
        }
        self.output.write(self.page.end())
    }
}
