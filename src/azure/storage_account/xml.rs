//! Reads the simple XML of the queue and blob services: elements with text. Attributes are
//! ignored; names match without their prefix and in any letter case.

/// The text of the first element with this name.
pub(super) fn text(xml: &str, name: &str) -> Option<String> {
    elements(xml, name).next().map(unescape)
}

/// The contents of each element with this name. Elements of one name never nest.
pub(super) fn elements<'a>(xml: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, inside) = tag(rest, |found| is_named(found, name))?;
        let (length, after) = tag(inside, |found| {
            found
                .strip_prefix('/')
                .is_some_and(|found| is_named(found, name))
        })?;
        rest = after;
        inside.get(..length)
    })
}

/// The position of the first matching tag, and the text after it.
fn tag(xml: &str, matches: impl Fn(&str) -> bool) -> Option<(usize, &str)> {
    let mut from = 0;
    loop {
        let start = from + xml.get(from..)?.find('<')?;
        let end = start + xml.get(start..)?.find('>')?;
        if matches(xml.get(start + 1..end)?) {
            return Some((start, xml.get(end + 1..)?));
        }
        from = end + 1;
    }
}

fn is_named(tag: &str, name: &str) -> bool {
    let tag = tag.split_ascii_whitespace().next().unwrap_or_default();
    let tag = tag.split_once(':').map_or(tag, |(_, tag)| tag);
    tag.eq_ignore_ascii_case(name)
}

fn unescape(text: &str) -> String {
    text.trim()
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_one_by_one() {
        let xml =
            "<?xml version=\"1.0\"?><List><M><Id>1</Id></M><M a=\"b\"><Id>2</Id></M><M/></List>";

        let ids: Vec<_> = elements(xml, "M").map(|m| text(m, "Id")).collect();

        assert_eq!(ids, [Some("1".to_owned()), Some("2".to_owned())]);
    }

    #[test]
    fn text_is_unescaped_once() {
        assert_eq!(text("<a> &amp;lt;&lt; </a>", "a").unwrap(), "&lt;<");
    }

    #[test]
    fn a_truncated_element_is_not_found() {
        for xml in ["", "<", "<a", "<a>", "<a>1", "<a>1</", "<a>1</b>"] {
            assert_eq!(text(xml, "a"), None, "{xml}");
        }
    }
}
