//! The little XML that storage services speak.

/// What stands in every element of that name, entities still escaped.
pub(crate) fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some((_, behind)) = rest.split_once(&open) {
        let Some((content, after)) = behind.split_once(&close) else {
            break;
        };
        found.push(content);
        rest = after;
    }
    found
}

/// The text of the first element of that name.
pub(crate) fn text(xml: &str, name: &str) -> Option<String> {
    elements(xml, name).first().map(|content| unescape(content))
}

pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn unescape(text: &str) -> String {
    let mut unescaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        unescaped.push_str(before);
        let Some((entity, after)) = behind.split_once(';') else {
            unescaped.push('&');
            rest = behind;
            continue;
        };
        match character(entity) {
            Some(character) => unescaped.push(character),
            None => unescaped.push_str(&format!("&{entity};")),
        }
        rest = after;
    }
    unescaped.push_str(rest);
    unescaped
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{elements, escape, text, unescape};

    #[test]
    fn what_is_escaped_comes_back_the_same() {
        let original = "a<b>&amp;\r\n\"x\" &#0; &lone";

        assert_eq!(unescape(&escape(original)), original);
        assert_eq!(unescape("&#x1F600;&quot;"), "😀\"");
    }

    #[test]
    fn elements_are_found_by_name() {
        let xml = "<L><M><Id>1</Id></M><M><Id>2&amp;3</Id></M></L>";

        let messages = elements(xml, "M");

        assert_eq!(messages.len(), 2);
        assert_eq!(text(messages[1], "Id"), Some("2&3".to_owned()));
    }
}
