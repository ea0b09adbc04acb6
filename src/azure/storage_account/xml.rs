//! As much XML as the queue and blob services speak: elements with text in them, no attributes
//! that matter. Names count without their prefix and in any case.

/// The text of the first element of this name.
pub(super) fn text(xml: &str, name: &str) -> Option<String> {
    elements(xml, name).next().map(unescaped)
}

/// What is inside each element of this name. An element does not hold another of its own name.
pub(super) fn elements<'a>(xml: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, inside) = tag(rest, |found| is_named(found, name))?;
        let (length, behind) = tag(inside, |found| {
            found
                .strip_prefix('/')
                .is_some_and(|found| is_named(found, name))
        })?;
        rest = behind;
        inside.get(..length)
    })
}

/// Where the first tag that is wanted begins, and what comes behind it.
fn tag(xml: &str, is_wanted: impl Fn(&str) -> bool) -> Option<(usize, &str)> {
    let mut from = 0;
    loop {
        let start = from + xml.get(from..)?.find('<')?;
        let end = start + xml.get(start..)?.find('>')?;
        if is_wanted(xml.get(start + 1..end)?) {
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

fn unescaped(text: &str) -> String {
    text.trim()
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_one_by_one_with_what_is_in_them() {
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
    fn what_is_cut_off_is_not_there() {
        for xml in ["", "<", "<a", "<a>", "<a>1", "<a>1</", "<a>1</b>"] {
            assert_eq!(text(xml, "a"), None, "{xml}");
        }
    }
}
