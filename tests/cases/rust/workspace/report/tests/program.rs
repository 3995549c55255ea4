//! The program is run as its users run it: in a process of its own.

use std::process::Command;

#[test]
fn it_prints_the_longest_word() {
    let done = Command::new(env!("CARGO_BIN_EXE_report"))
        .arg("one three")
        .output()
        .unwrap();
    assert!(done.status.success());
    assert_eq!(String::from_utf8_lossy(&done.stdout), "three 25\n");
}

#[test]
fn it_fails_without_words() {
    let done = Command::new(env!("CARGO_BIN_EXE_report")).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
}
