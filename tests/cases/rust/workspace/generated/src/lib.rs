//! Code that is partly written by the build.

include!(concat!(env!("OUT_DIR"), "/square.rs"));

/// Twice a square.
pub fn twice(number: u32) -> u32 {
    2 * square(number)
}

#[cfg(test)]
mod tests {
    #[test]
    fn twice_two_squared() {
        assert_eq!(super::twice(2), 8);
    }
}
