//! Statements for many rows, in a few fixed sizes: so that each is prepared once.

/// From the largest: the most rows that one round trip carries, and what the rest is made of.
const SIZES: [usize; 4] = [256, 64, 8, 1];

/// Parts of these sizes, which are all items in their order.
pub(crate) fn parts<T>(mut items: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= items.len())?;
        let (part, rest) = items.split_at(size);
        items = rest;
        Some(part)
    })
}

/// The same text for each row, with commas between.
pub(crate) fn repeated(text: &str, separator: &str, count: usize) -> String {
    vec![text; count].join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_all_in_their_order_and_of_few_sizes() {
        for count in 0..1_000 {
            let items: Vec<_> = (0..count).collect();
            let parts: Vec<_> = parts(&items).collect();
            assert_eq!(parts.concat(), items);
            assert!(parts.iter().all(|part| SIZES.contains(&part.len())));
        }
    }
}
