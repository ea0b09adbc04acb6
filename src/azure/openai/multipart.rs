//! A form with a file, as `multipart/form-data`.

use uuid::Uuid;

/// Room for the lines around a file.
const OVERHEAD: usize = 1024;

/// Names and texts are ours and need no quoting.
#[derive(Debug)]
pub(super) struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    /// The boundary must not occur in a part. `size` is about that of the file.
    pub(super) fn new(boundary: Uuid, size: usize) -> Self {
        Self {
            boundary: boundary.simple().to_string(),
            body: Vec::with_capacity(size + OVERHEAD),
        }
    }

    pub(super) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\""), value.as_bytes())
    }

    pub(super) fn file(self, name: &str, file_name: &str, content: &[u8]) -> Self {
        let names = format!(
            "name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: application/octet-stream"
        );
        self.part(&names, content)
    }

    fn part(mut self, names: &str, content: &[u8]) -> Self {
        let head = format!(
            "--{}\r\nContent-Disposition: form-data; {names}\r\n\r\n",
            self.boundary
        );
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(content);
        self.body.extend_from_slice(b"\r\n");
        self
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let end = format!("--{}--\r\n", self.boundary);
        self.body.extend_from_slice(end.as_bytes());
        self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_its_parts_between_boundaries() {
        let form = Form::new(Uuid::nil(), 3).text("model", "whisper");
        let form = form.file("file", "a.webm", b"\x00\r\n");
        let boundary = "0".repeat(32);

        assert_eq!(
            form.content_type(),
            format!("multipart/form-data; boundary={boundary}")
        );
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.webm\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n\x00\r\n\r\n--{boundary}--\r\n"
        );
        assert_eq!(form.finish(), expected.as_bytes());
    }
}
