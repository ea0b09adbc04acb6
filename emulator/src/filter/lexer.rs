//! The tokens of a filter.

use std::ops::Range;

use super::error::FilterError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword, a function or a field.
    Word(String),
    Text(String),
    Integer(i64),
    Open,
    Close,
    Comma,
}

/// Each token with its range in bytes.
pub(super) fn tokens(filter: &str) -> Result<Vec<(Token, Range<usize>)>, FilterError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = filter[at..].chars().next() {
        let rest = &filter[at..];
        let (token, length) = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '\'' => text(rest).ok_or(FilterError::UnterminatedText(at))?,
            '+' | '-' | '0'..='9' => integer(rest, at)?,
            c if c.is_alphabetic() || c == '_' => {
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                (Token::Word(rest[..end].to_owned()), end)
            }
            c => return Err(FilterError::Unexpected(at + c.len_utf8())),
        };
        tokens.push((token, at..at + length));
        at += length;
    }
    Ok(tokens)
}

/// Two quotes stand for one.
fn text(rest: &str) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            text.push(c);
        } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
            text.push('\'');
        } else {
            return Some((Token::Text(text), at + 1));
        }
    }
    None
}

fn integer(rest: &str, at: usize) -> Result<(Token, usize), FilterError> {
    let digits = rest[1..]
        .find(|c: char| !c.is_ascii_digit())
        .map_or(rest.len(), |end| end + 1);
    let number = &rest[..digits];
    if !number.ends_with(|c: char| c.is_ascii_digit()) {
        return Err(FilterError::Unexpected(at + digits));
    }
    let value = number
        .parse()
        .map_err(|_| FilterError::NumberTooLarge(at))?;
    Ok((Token::Integer(value), digits))
}
