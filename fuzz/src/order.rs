//! Orders, of a query's pairs and of JSON.

use tracking_core::order::{Order, Parameter, Required};

/// An order that is taken is taken again, the same, from what it writes; what is required of one that is taken
/// without it makes no other; and no error repeats a control character.
pub fn run(data: &[u8]) {
    let all = Required::NONE
        .with(Parameter::Weight)
        .with(Parameter::CustomerId);
    let pairs = || {
        data.split(|&byte| byte == b'&').map(|pair| {
            let at = pair.iter().position(|&byte| byte == b'=');
            let (name, value) = pair.split_at(at.unwrap_or(pair.len()));
            (name, value.strip_prefix(b"=").unwrap_or(value))
        })
    };
    match Order::from_pairs(pairs(), Required::NONE) {
        Ok(order) => {
            again(&order);
            if let Ok(same) = Order::from_pairs(pairs(), all) {
                assert_eq!(same, order);
            }
        }
        Err(errors) => {
            assert!(errors.iter().count() > 0);
            plain(&errors.to_string());
            assert!(Order::from_pairs(pairs(), all).is_err());
        }
    }
    match Order::from_json(data, Required::NONE) {
        Ok(order) => again(&order),
        Err(error) => plain(&error.to_string()),
    }
}

fn again(order: &Order) {
    let json = serde_json::to_vec(order).unwrap();
    assert_eq!(&serde_json::from_slice::<Order>(&json).unwrap(), order);
    assert_eq!(&Order::from_json(&json, Required::NONE).unwrap(), order);
}

/// Nothing in it steers a terminal, but the ends of its own lines.
pub(crate) fn plain(message: &str) {
    let steers = |c: &char| *c != '\n' && tracking_core::shown::steers(*c);
    assert_eq!(message.chars().find(steers), None, "{message:?}");
}
