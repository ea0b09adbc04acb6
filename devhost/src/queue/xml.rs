//! The small part of XML that queue services use.

use quick_xml::escape;

/// The content of every element with that name, its entities still escaped.
pub(super) fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let content;
        (_, rest) = rest.split_once(&open)?;
        (content, rest) = rest.split_once(&close)?;
        Some(content)
    })
}

/// The text of the first element with that name.
pub(super) fn text(xml: &str, name: &str) -> Option<String> {
    let content = elements(xml, name).next()?;
    let text = escape::unescape(content);
    Some(text.map_or_else(|_| content.to_owned(), |text| text.into_owned()))
}

/// Parsers turn a plain carriage return into a line feed, so it is escaped as well.
pub(super) fn escape(text: &str) -> String {
    escape::partial_escape(text).replace('\r', "&#13;")
}

#[cfg(test)]
mod tests {
    use super::{elements, escape, text};

    #[test]
    fn escaped_text_comes_back_the_same() {
        let original = "a<b>&amp;\r\n\"x\" &#0; &lone";

        let element = format!("<T>{}</T>", escape(original));

        assert_eq!(text(&element, "T").unwrap(), original);
        assert_eq!(
            text("<T>&#x1F600;&quot; & more</T>", "T").unwrap(),
            "&#x1F600;&quot; & more"
        );
    }

    #[test]
    fn elements_are_found_by_name() {
        let xml = "<L><M><Id>1</Id></M><M><Id>2&amp;3</Id></M></L>";

        let messages: Vec<_> = elements(xml, "M").collect();

        assert_eq!(messages.len(), 2);
        assert_eq!(text(messages[1], "Id"), Some("2&3".to_owned()));
    }
}
