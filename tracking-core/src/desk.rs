//! The one place where a number is issued for an order.

use std::fmt;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::generator::Generator;
use crate::issued::{Issued, IssuedMany, Zone};
use crate::number::TrackingNumber;
use crate::number::judge::Verdict;
use crate::order::Order;
use crate::series::Series;
use crate::store::allocator::{AllocateError, OpenStore};
use crate::store::snapshot::Snapshot;

/// Issues numbers for orders: a generator, a clock that says when, and a zone to show that in where
/// an order has no offset of its own.
///
/// Clones share what is reserved. Each way to a number has a form that waits, one that never does,
/// and one for async callers.
///
/// ```
/// use tracking_core::order::{OrderBuilder, Required};
/// use tracking_core::{Desk, Generator, MemoryAllocator};
///
/// let desk = Desk::new(Generator::new(MemoryAllocator::new()));
/// let mut order = OrderBuilder::new(Required::NONE);
/// order.set("origin_country_id", "MY").set("weight", "1.200");
/// let order = order.build()?;
/// let issued = desk.issue(&order)?;
/// println!("{} at {}", issued.number, issued.created_at());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Desk {
    generator: Generator,
    /// None is the system's: to ask that one needs no look-up.
    clock: Option<Arc<dyn Clock>>,
    zone: Zone,
}

impl Desk {
    /// A desk for the numbers of a generator, by the system's clock, in UTC.
    pub fn new(generator: Generator) -> Self {
        Self {
            generator,
            clock: None,
            zone: Zone::UTC,
        }
    }

    /// Show times in this zone, where an order has no offset of its own.
    #[must_use]
    pub fn with_zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    /// Say when numbers were issued by this clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Where its numbers come from.
    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    /// The series that its numbers belong to.
    pub fn series(&self) -> &Series {
        self.generator.series()
    }

    /// The store of its series, where that can be looked at: see [`Generator::store`].
    pub fn store(&self) -> Option<&dyn OpenStore> {
        self.generator.store()
    }

    /// The zone that times are shown in.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// Its clock, in milliseconds since the Unix epoch: the `at_ms` of what is issued now.
    #[inline]
    pub fn now_ms(&self) -> i64 {
        self.clock
            .as_ref()
            .map_or_else(|| SystemClock.now_ms(), |clock| clock.now_ms())
    }

    /// Issue a number for an order. Waits up to the generator's deadline where none is in hand.
    ///
    /// # Errors
    /// As [`Generator::next`]. Nothing was issued then.
    pub fn issue<'a>(&self, order: &'a Order) -> Result<Issued<'a>, AllocateError> {
        Ok(self.issued(self.generator.next()?, order))
    }

    /// Issue a number for an order if one is in hand. Never waits.
    ///
    /// # Errors
    /// As [`Generator::try_next`]. Nothing was issued then.
    #[inline]
    pub fn try_issue<'a>(&self, order: &'a Order) -> Result<Issued<'a>, AllocateError> {
        Ok(self.issued(self.generator.try_next()?, order))
    }

    /// Issue a number for an order, for callers that must not block. It needs no particular runtime, and has no
    /// deadline but the generator's: wrap it in your runtime's time-out. Dropped, it issues nothing.
    ///
    /// # Errors
    /// As [`Generator::next_async`]. Nothing was issued then.
    pub async fn issue_async<'a>(&self, order: &'a Order) -> Result<Issued<'a>, AllocateError> {
        Ok(self.issued(self.generator.next_async().await?, order))
    }

    /// Issue exactly `count` numbers for one order, and give them to `each` in pages of at most 65,536, each of
    /// one moment. Straight from the store: see [`Generator::for_each_page`].
    ///
    /// ```
    /// use tracking_core::order::Order;
    /// use tracking_core::{AllocateError, Desk, Generator, MemoryAllocator};
    ///
    /// let desk = Desk::new(Generator::new(MemoryAllocator::new()));
    /// let (order, mut lines) = (Order::default(), Vec::new());
    /// desk.issue_many(&order, 3, |page| {
    ///     for issued in page.iter() {
    ///         issued.write_json(&mut lines);
    ///         lines.push(b'\n');
    ///     }
    ///     Ok::<_, AllocateError>(())
    /// })?;
    /// assert_eq!(lines.iter().filter(|&&byte| byte == b'\n').count(), 3);
    /// # Ok::<(), AllocateError>(())
    /// ```
    ///
    /// # Errors
    /// The allocator's, or what `each` answers. Nothing more is issued then; what was issued before stays
    /// issued.
    pub fn issue_many<'a, E: From<AllocateError>>(
        &self,
        order: &'a Order,
        count: u64,
        mut each: impl FnMut(IssuedMany<'_, 'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.generator.for_each_page(count, |numbers| {
            each(IssuedMany {
                numbers,
                at_ms: self.now_ms(),
                order,
                zone: self.zone,
            })
        })
    }

    /// Whether its series could have issued a number, by the state of its store as it is now, where that can be
    /// looked at; else by the desk's clock alone. Blocks for as long as the store's own time-out, unless the
    /// number is refused whatever the store says. Who judges many saves looks: see [`judging`](crate::judging).
    ///
    /// ```
    /// use tracking_core::order::Order;
    /// use tracking_core::{Desk, Generator, MemoryAllocator, Verdict};
    ///
    /// let desk = Desk::new(Generator::new(MemoryAllocator::new()));
    /// let order = Order::default();
    /// let issued = desk.issue(&order)?;
    /// assert!(matches!(desk.judge(&issued.number)?, Verdict::Belongs(_)));
    /// assert!(matches!(desk.judge(&"AB12CD34EF56".parse()?)?, Verdict::Refused(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Only the store could tell, and it could not be read.
    pub fn judge(&self, number: &TrackingNumber) -> Result<Verdict, AllocateError> {
        let series = self.series();
        // What is older than the series, or none of its numbers, is refused whatever the store says.
        if let refused @ Verdict::Refused(_) = series.judge(number, i64::MAX, None) {
            return Ok(refused);
        }
        let Some(store) = self.store() else {
            return Ok(series.judge(number, self.now_ms(), None));
        };
        let Snapshot {
            timeline, now_ms, ..
        } = store.snapshot()?;
        Ok(series.judge(number, now_ms, timeline.as_ref()))
    }

    /// What a number is that was issued for an order now.
    #[inline]
    fn issued<'a>(&self, number: TrackingNumber, order: &'a Order) -> Issued<'a> {
        Issued {
            number,
            at_ms: self.now_ms(),
            order,
            zone: self.zone,
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("generator", &self.generator)
            .field("zone", &self.zone)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::num::NonZeroU32;
    use std::pin::pin;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Context, Poll, Wake, Waker};

    use super::*;
    use crate::number::judge::Reason;
    use crate::number::serial::{Block, Serial};
    use crate::order::{OrderBuilder, Required};
    use crate::store::allocator::Allocator;
    use crate::store::memory::MemoryAllocator;
    use crate::testing::ManualClock;

    fn order(created_at: &str) -> Order {
        let mut order = OrderBuilder::new(Required::NONE);
        order.set("created_at", created_at);
        order.build().unwrap()
    }

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    fn wait<F: Future>(future: F) -> F::Output {
        let woken = Arc::<Woken>::default();
        let waker = Waker::from(Arc::clone(&woken));
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            while !woken.0.swap(false, Ordering::SeqCst) {
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn every_way_issues_another_number_for_the_same_order() {
        let desk = Desk::new(Generator::new(MemoryAllocator::new()));
        let order = order("");
        let issued = [
            wait(desk.issue_async(&order)).unwrap(),
            desk.issue(&order).unwrap(),
            desk.try_issue(&order).unwrap(),
            desk.clone().issue(&order).unwrap(),
        ];
        let numbers: HashSet<_> = issued.iter().map(|issued| issued.number).collect();
        assert_eq!(numbers.len(), issued.len());
        assert!(
            issued
                .iter()
                .all(|issued| std::ptr::eq(issued.order, &order))
        );
    }

    #[test]
    fn the_time_is_the_desks_and_is_shown_where_the_order_says_or_in_the_zone() {
        let clock = Arc::new(ManualClock::at(1_735_689_600_123));
        let generator = Generator::new(MemoryAllocator::new());
        let desk = Desk::new(generator)
            .with_clock(clock)
            .with_zone("Asia/Kolkata".parse().unwrap());
        for (created_at, shown) in [
            ("", "2025-01-01T05:30:00.123+05:30"),
            ("2018-11-20T19:29:32+08:00", "2025-01-01T08:00:00.123+08:00"),
        ] {
            let order = order(created_at);
            let issued = desk.issue(&order).unwrap();
            assert_eq!(issued.created_at().to_string(), shown);
        }
    }

    #[test]
    fn many_are_of_the_order_and_of_the_moment_that_their_page_is_of() {
        let clock = Arc::new(ManualClock::at(1_735_689_600_123));
        let generator = Generator::new(MemoryAllocator::new());
        let desk = Desk::new(generator).with_clock(clock.clone());
        let order = order("");
        let (mut numbers, mut moments) = (HashSet::new(), Vec::new());
        desk.issue_many(&order, 65_537, |page| {
            assert!(std::ptr::eq(page.order, &order));
            assert_eq!(page.iter().len(), page.numbers.len());
            for issued in page.iter() {
                assert!(numbers.insert(issued.number));
                assert_eq!(issued.at_ms, page.at_ms);
            }
            moments.push((page.numbers.len(), page.at_ms));
            clock.step(5);
            Ok::<_, AllocateError>(())
        })
        .unwrap();
        assert_eq!(
            moments,
            [(65_536, 1_735_689_600_123), (1, 1_735_689_600_128)]
        );
        assert_eq!(numbers.len(), 65_537);
    }

    /// An allocator whose state nobody can look at.
    #[derive(Debug)]
    struct Blind(MemoryAllocator);

    impl Allocator for Blind {
        fn series(&self) -> &Series {
            self.0.series()
        }

        fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
            self.0.reserve(wanted)
        }
    }

    impl fmt::Display for Blind {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("blind:")
        }
    }

    #[test]
    fn numbers_are_judged_by_the_store_or_else_by_the_clock() {
        let memory = MemoryAllocator::new();
        let seeing = Desk::new(Generator::new(memory.clone()));
        let blind = Desk::new(Generator::new(Blind(memory.clone())));
        let issued = seeing.issue(&Order::default()).unwrap().number;
        // A lane that was never used, of which the clock alone knows nothing.
        let serial = memory.series().judge(&issued, i64::MAX, None);
        let Verdict::Belongs(serial) = serial else {
            panic!("{serial:?}");
        };
        let lane = (serial.lane() + 1) % 64;
        let elsewhere = Serial::from_parts(lane, serial.tick() + 200, 0).unwrap();
        let elsewhere = memory.series().encode(elsewhere);
        let refused = Verdict::Refused(Reason::NotOfThisSeries);
        for (desk, number, belongs) in [
            (&seeing, issued, true),
            (&blind, issued, true),
            (&blind, elsewhere, true),
            (&seeing, elsewhere, false),
        ] {
            let verdict = desk.judge(&number).unwrap();
            assert_eq!(matches!(verdict, Verdict::Belongs(_)), belongs, "{number}");
            assert!(belongs || verdict == refused, "{verdict:?}");
        }
        let before = Serial::from_parts(0, 0, 0).unwrap();
        let before = memory.series().encode(before);
        assert_eq!(blind.judge(&before).unwrap(), refused);
    }

    #[test]
    fn without_a_number_nothing_is_issued() {
        let desk = Desk::new(Generator::new(MemoryAllocator::new()));
        // None is reserved before the first is asked for.
        assert!(desk.try_issue(&order("")).is_err());
        assert_eq!(desk.series().name().as_str(), "default");
    }
}
