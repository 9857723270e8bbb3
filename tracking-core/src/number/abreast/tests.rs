use super::*;
use crate::number::base36;
use proptest::prelude::*;

const BELOW: std::ops::Range<u64> = 0..MODULUS;

/// What AES may answer: any 64 bits, and those where a quotient changes.
fn output() -> impl Strategy<Value = u64> {
    let edges = (0..=u64::MAX / MODULUS, -2i64..=2)
        .prop_map(|(quotient, off)| (quotient * MODULUS).wrapping_add_signed(off));
    prop_oneof![any::<u64>(), edges, u64::MAX - 8..=u64::MAX, 0u64..8]
}

proptest! {
    #[test]
    fn sums_and_differences_are_by_the_modulus(half in BELOW, output in output()) {
        prop_assert!(below_six(output) < 6 * MODULUS);
        let [a, b, m] = [half, output, MODULUS].map(u128::from);
        prop_assert_eq!(u128::from(add(half, output)), (a + b) % m);
        prop_assert_eq!(u128::from(subtract(half, output)), (a + m - b % m) % m);
    }

    #[test]
    fn runs_each_as_alone(
        key: [u8; 16],
        values in prop::collection::vec((BELOW, BELOW), WIDTH),
    ) {
        let ff1 = Ff1::new(&key, 36, BODY_LENGTH as u32, &[]).unwrap();
        let mut halves = Halves::ZERO;
        for (index, (left, right)) in values.iter().enumerate() {
            (halves.left[index], halves.right[index]) = (*left, *right);
        }
        halves.run(&ff1, Direction::Encrypt);
        for (index, (left, right)) in values.iter().enumerate() {
            let found = [halves.left[index], halves.right[index]];
            prop_assert_eq!(found, ff1.encrypt([*left, *right]));
        }
        halves.run(&ff1, Direction::Decrypt);
        for (index, (left, right)) in values.iter().enumerate() {
            prop_assert_eq!([halves.left[index], halves.right[index]], [*left, *right]);
        }
    }

    #[test]
    fn neighbours_carry(left in 0..MODULUS - 1, below in 0..80u64) {
        let first = left * MODULUS + (MODULUS - 1 - below);
        let halves = Halves::from(first);
        for index in 0..WIDTH {
            let value = halves.left[index] * MODULUS + halves.right[index];
            prop_assert_eq!(value, first + index as u64);
            prop_assert!(halves.right[index] < MODULUS);
        }
    }

    #[test]
    fn digits_are_those_of_one(values in prop::collection::vec(BELOW, WIDTH)) {
        let mut row = [0; WIDTH];
        row.copy_from_slice(&values);
        let mut rows = [[0; WIDTH]; 6];
        six_digits(&row, &mut rows);
        prop_assert_eq!(from_six_digits(&rows), row);
        rows.iter_mut().for_each(to_characters);
        for (index, value) in values.iter().enumerate() {
            let mut text = [0; 6];
            base36::write_six(*value as u32, &mut text);
            prop_assert_eq!(rows.map(|row| row[index]), text);
        }
    }
}

#[test]
fn three_digits_are_told_apart() {
    for value in 0..=u16::MAX {
        assert_eq!(by_36(value), (value / 36, value % 36));
    }
}
