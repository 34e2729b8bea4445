//! Which of the words there are was meant by one that is none of them.

/// Whether a slip of the fingers makes the one of the other.
pub fn is_near(typed: &str, known: &str) -> bool {
    let (typed, known) = (plain(typed), plain(known));
    let is_number = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    let [length, other] = [&typed, &known].map(|word| word.chars().count());
    let slips = (length / 3).max(1);
    // What differs more in length alone is not compared letter by letter: it may be of any length.
    (length.abs_diff(other) <= slips && strsim::osa_distance(&typed, &known) <= slips)
        // The blank is missing: `--yes25`.
        || typed.strip_prefix(&known).is_some_and(is_number)
        // `--no-wait-for-it`, `configure`: the word and more.
        || (other >= 5 && typed.starts_with(&known))
}

/// The nearest one, where one is near or begins like this: in "Did you mean" it may be wrong, and does
/// no harm.
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let begins = |word: &str| typed.chars().count() >= 4 && plain(word).starts_with(&plain(typed));
    let nearest = known
        .into_iter()
        .filter(|word| is_near(typed, word) || begins(word))
        .min_by_key(|word| strsim::osa_distance(&plain(typed), &plain(word)))?;
    Some(format!("Did you mean '{nearest}'?"))
}

/// Without what stands between words, which is another sign elsewhere.
fn plain(word: &str) -> String {
    word.chars().filter(|letter| !matches!(letter, '-' | '_' | '.')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_named_and_none_that_is_far() {
        let known = ["max_per_day", "max_per_month", "portal_url", "provider", "team", "team_id"];
        for (typed, meant) in [
            ("max-per-day", "max_per_day"),
            ("maxpermonth", "max_per_month"),
            ("portal-url", "portal_url"),
            ("portal", "portal_url"),
            ("proivder", "provider"),
            ("teams", "team"),
            ("team-id", "team_id"),
        ] {
            let expected = Some(format!("Did you mean '{meant}'?"));
            assert_eq!(did_you_mean(typed, known), expected, "{typed}");
        }
        for typed in ["", "x", "max", "notify", "profile-of-work"] {
            assert_eq!(did_you_mean(typed, known), None, "{typed}");
        }
    }
}
