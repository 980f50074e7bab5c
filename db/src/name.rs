//! Names that others give: of ASes.

/// Octets of a name that are kept; it goes into every flow of that AS.
const LEN_MAX: usize = 256;

/// A name fit for a log, a CSV file or a terminal: without control characters, not
/// longer than [`LEN_MAX`]. `None` if nothing is left.
pub(crate) fn clean(name: &str) -> Option<String> {
    let mut kept = String::new();
    for character in name.trim().chars() {
        let character = if character.is_control() {
            '\u{fffd}'
        } else {
            character
        };
        if kept.len() + character.len_utf8() > LEN_MAX {
            break;
        }
        kept.push(character);
    }
    (!kept.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_at_a_character_and_rid_of_control_characters() {
        assert_eq!(clean("A\u{1b}[31mB\n").unwrap(), "A\u{fffd}[31mB");
        let long = format!("{}é", "x".repeat(LEN_MAX - 1));
        assert_eq!(clean(&long).unwrap(), "x".repeat(LEN_MAX - 1));
        assert_eq!(clean(&"x".repeat(LEN_MAX)).unwrap().len(), LEN_MAX);
        assert_eq!(clean(" \n"), None);
    }
}
