use words::longest;

#[test]
fn the_first_of_the_longest_wins() {
    assert_eq!(longest("a bb cc").as_deref(), Some("bb"));
}

#[test]
fn nothing_has_no_longest_word() {
    assert_eq!(longest(""), None);
}
