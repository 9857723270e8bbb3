//! A reservation from a state file, beside what the disk alone costs:
//! `cargo bench -p tracking-bench --bench file`. `TMPDIR` says on which disk.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "benchmarks are named by their functions, and may panic"
)]

use std::num::NonZeroU32;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use divan::Bencher;
use tracking_core::store::reserve_patiently;
use tracking_core::store::url::FileUrl;
use tracking_core::{FileAllocator, SeriesOptions};

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn reserve(bencher: Bencher) {
    let folder = tempfile::tempdir().unwrap();
    let url = FileUrl::new(folder.path().join("bench.series"));
    let allocator = FileAllocator::open(&url, &SeriesOptions::default()).unwrap();
    let wanted = NonZeroU32::new(500).unwrap();
    let patience = Duration::from_secs(2);
    reserve_patiently(&allocator, wanted, patience).unwrap();
    bencher.bench_local(|| reserve_patiently(&allocator, wanted, patience).unwrap());
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn bare_pwrite_and_fdatasync(bencher: Bencher) {
    let file = tempfile::tempfile().unwrap();
    let mut page = [b'x'; 4096];
    file.write_all_at(&[0; 8192], 0).unwrap();
    file.sync_all().unwrap();
    bencher.bench_local(|| {
        page[0] = page[0].wrapping_add(1);
        file.write_all_at(&page, 4096).unwrap();
        file.sync_data().unwrap();
    });
}

#[divan::bench]
fn open_an_existing_file(bencher: Bencher) {
    let folder = tempfile::tempdir().unwrap();
    let url = FileUrl::new(folder.path().join("bench.series"));
    FileAllocator::open(&url, &SeriesOptions::default()).unwrap();
    bencher.bench_local(|| FileAllocator::open(&url, &SeriesOptions::default()).unwrap());
}
