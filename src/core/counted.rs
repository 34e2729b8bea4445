//! How many there are of something, in words.

use std::fmt::Display;

/// As in "1 purchase" and "2 purchases".
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_none_is_several() {
        let shown = [0_u64, 1, 2].map(|count| counted(count, "login"));
        assert_eq!(shown, ["0 logins", "1 login", "2 logins"]);
    }
}
