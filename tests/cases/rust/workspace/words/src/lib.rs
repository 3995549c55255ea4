//! Words of a text: tests in a file of their own, and in a folder of their own.

#[cfg(test)]
mod tests;

/// The words of a text, in lower case.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The longest word; the first of several.
pub fn longest(text: &str) -> Option<String> {
    let mut best: Option<String> = None;
    for word in words(text) {
        let better = match &best {
            Some(known) => word.len() > known.len(),
            None => true,
        };
        if better {
            best = Some(word);
        }
    }
    best
}

/// Nobody asks for this.
pub fn shout(text: &str) -> String {
    let mut loud = text.to_uppercase();
    loud.push('!');
    loud
}
