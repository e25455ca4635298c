//! What curl gets for an answer.

use std::process::Command;

/// An answer, or why there was none.
#[derive(Debug)]
pub struct Answer {
    /// 0 when there was no answer.
    pub status: u16,
    pub headers: String,
    pub body: String,
    /// What curl says of a connection that failed.
    pub problem: String,
}

impl Answer {
    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Runs curl with these arguments.
pub fn curl(arguments: &[&str]) -> Answer {
    let output = Command::new("curl")
        .args(["-sS", "-i", "-m", "20", "--noproxy", "*", "--path-as-is"])
        .args(arguments)
        .output()
        .expect("curl is needed");
    let text = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
    let mut rest = text.as_str();
    // An answer 100 comes before the real one.
    let (mut headers, mut body) = ("", "");
    while rest.starts_with("HTTP/") {
        (headers, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
        rest = if headers.contains(" 100 ") { body } else { "" };
    }
    let status = headers.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer {
        status,
        headers: headers.to_owned(),
        body: body.to_owned(),
        problem: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    }
}

/// Like [`curl`], and only the status.
pub fn status(arguments: &[&str]) -> u16 {
    curl(arguments).status
}
