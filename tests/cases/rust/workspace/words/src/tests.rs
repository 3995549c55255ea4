use super::*;

#[test]
fn splits_at_what_is_no_letter() {
    assert_eq!(words("One, two; three"), ["one", "two", "three"]);
}

#[test]
fn nothing_has_no_words() {
    assert!(words("  ").is_empty());
}
