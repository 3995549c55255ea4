//! Prints the longest word of its first argument, and the area of a square of that length.

use area::{area, Shape};

fn main() {
    let text = std::env::args().nth(1).unwrap_or_default();
    match words::longest(&text) {
        Some(word) => println!("{word} {}", area(&Shape::Square(word.len() as f64))),
        None => {
            eprintln!("no words");
            std::process::exit(2);
        }
    }
}
