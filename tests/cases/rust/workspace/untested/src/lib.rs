//! A member of the workspace that no test touches.

/// The sum of all numbers up to this one.
pub fn sum(up_to: u64) -> u64 {
    let mut total = 0;
    for number in 1..=up_to {
        total += number;
    }
    total
}
