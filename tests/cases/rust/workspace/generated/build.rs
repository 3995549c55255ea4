//! Writes a table of squares as code.

use std::{env, fs, path::Path};

fn main() {
    let mut code = String::from("pub fn square(number: u32) -> u32 {\n    match number {\n");
    for number in 0..4 {
        code.push_str(&format!("        {number} => {},\n", number * number));
    }
    code.push_str("        other => other * other,\n    }\n}\n");
    fs::write(
        Path::new(&env::var("OUT_DIR").unwrap()).join("square.rs"),
        code,
    )
    .unwrap();
    println!("cargo:rerun-if-changed=build.rs");
}
