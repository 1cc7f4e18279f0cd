//! SPDX licence expressions, as far as crates use them.

/// Whether the expression can be satisfied with allowed licences only. An error says what cannot be read.
pub fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    // Old manifests write MIT/Apache-2.0 for "either".
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let answer = either(&mut words, allowed)?;
    match words.next() {
        None => Ok(answer),
        Some(word) => Err(format!("unexpected {word} in licence {expression}")),
    }
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words, allowed: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let mut answer = both(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        // Both sides are read even when the first is enough.
        answer |= both(words, allowed)?;
    }
    Ok(answer)
}

fn both(words: &mut Words, allowed: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let mut answer = single(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        answer &= single(words, allowed)?;
    }
    Ok(answer)
}

fn single(words: &mut Words, allowed: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    match words.next() {
        Some("(") => {
            let answer = either(words, allowed)?;
            words.next_if_eq(&")").map(|_| answer).ok_or_else(|| "a bracket is not closed".to_owned())
        }
        None | Some(")" | "OR" | "AND" | "WITH") => Err("a licence is missing".to_owned()),
        Some(name) if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next().ok_or("an exception is missing after WITH")?;
            Ok(allowed(&format!("{name} WITH {exception}")))
        }
        Some(name) => Ok(allowed(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: Result<bool, ()>) {
        let allowed = |name: &str| ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&name);
        assert_eq!(satisfied(expression, &allowed).map_err(|_| ()), expected, "{expression}");
    }

    #[test]
    fn one_allowed_choice_is_enough_and_every_part_is_needed() {
        check("MIT", Ok(true));
        check("GPL-3.0-only", Ok(false));
        check("GPL-3.0-only OR MIT", Ok(true));
        check("MIT OR GPL-3.0-only", Ok(true));
        check("MIT AND GPL-3.0-only", Ok(false));
        check("ISC AND (GPL-3.0-only OR MIT)", Ok(true));
        check("GPL-3.0-only OR ISC AND MIT", Ok(true));
        check("(GPL-3.0-only OR ISC) AND MPL-2.0", Ok(false));
        check("GPL-3.0-only/MIT", Ok(true));
        check("GPL-3.0-only / MPL-2.0", Ok(false));
        check("Apache-2.0 WITH LLVM-exception", Ok(true));
        check("MIT WITH LLVM-exception", Ok(false));
    }

    #[test]
    fn what_is_not_an_expression_is_an_error() {
        for broken in ["", "MIT OR", "(MIT", "MIT)", "MIT ISC", "MIT WITH", "AND"] {
            check(broken, Err(()));
        }
    }
}
