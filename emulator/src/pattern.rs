//! Wildcard patterns for groups in the roles `webpubsub.joinLeaveGroups.` and
//! `webpubsub.sendToGroups.`.

const MAX_LENGTH: usize = 1024;
const MAX_STARS: usize = 5;

/// `?` matches one character except a dot, `*` any number of them, and `**` any number including
/// dots. `\` escapes the next character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    One,
    Segment,
    Anything,
}

impl Pattern {
    /// `None` for an invalid pattern. Its role has no effect.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.chars().count() > MAX_LENGTH {
            return None;
        }
        let mut tokens = Vec::new();
        let mut stars = 0;
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            tokens.push(match c {
                '\\' => Token::Literal(rest.next().filter(|c| matches!(c, '\\' | '*' | '?'))?),
                '?' => Token::One,
                '*' if rest.next_if_eq(&'*').is_some() => {
                    stars += 2;
                    Token::Anything
                }
                '*' => {
                    stars += 1;
                    Token::Segment
                }
                c => Token::Literal(c),
            });
        }
        (stars <= MAX_STARS).then_some(Self(tokens))
    }

    pub(crate) fn matches(&self, group: &str) -> bool {
        // `reached[i]`: the tokens so far can match exactly the first i characters. Unlike
        // backtracking, the work is bounded by the product of both lengths.
        let group: Vec<char> = group.chars().collect();
        let mut reached = vec![false; group.len() + 1];
        reached[0] = true;
        for token in &self.0 {
            match token {
                Token::Literal(_) | Token::One => {
                    for i in (0..group.len()).rev() {
                        reached[i + 1] = reached[i] && token.takes(group[i]);
                    }
                    reached[0] = false;
                }
                Token::Segment | Token::Anything => {
                    for i in 0..group.len() {
                        reached[i + 1] = reached[i + 1] || (reached[i] && token.takes(group[i]));
                    }
                }
            }
        }
        reached[group.len()]
    }
}

impl Token {
    fn takes(self, c: char) -> bool {
        match self {
            Self::Literal(literal) => literal == c,
            Self::One | Self::Segment => c != '.',
            Self::Anything => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, group: &str, expected: bool) {
        let matched = Pattern::parse(pattern).unwrap().matches(group);
        assert_eq!(matched, expected, "{pattern} against {group}");
    }

    #[test]
    fn one_star_stops_at_a_dot() {
        check("x*", "xyz", true);
        check("x*", "x", true);
        check("x*", "x.y", false);
        check("x*", "X1", false);
    }

    #[test]
    fn two_stars_cross_dots() {
        check("**.z", "p.q.z", true);
        check("**.z", "z", false);
        check("**.z", ".z", true);
        check("a.**", "a.", true);
    }

    #[test]
    fn a_question_mark_is_one_character_but_not_a_dot() {
        check("a?c", "abc", true);
        check("a?c", "aéc", true);
        check("a?c", "a.c", false);
        check("a?c", "ac", false);
    }

    #[test]
    fn a_backslash_makes_a_wildcard_literal() {
        check(r"a\*", "a*", true);
        check(r"a\*", "ab", false);
        check(r"\\", r"\", true);
    }

    #[test]
    fn an_invalid_pattern_is_none() {
        assert_eq!(Pattern::parse(""), None);
        assert_eq!(Pattern::parse(r"a\"), None);
        assert_eq!(Pattern::parse(r"a\b"), None);
        assert_eq!(Pattern::parse("******"), None);
        assert!(Pattern::parse("*****").is_some());
        assert_eq!(Pattern::parse(&"a".repeat(1025)), None);
    }
}
