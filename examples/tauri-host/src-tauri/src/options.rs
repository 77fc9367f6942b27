//! What the host is asked to do, from its command line.
use std::time::Duration;

pub struct Options {
    /// As `externalBin` names it, without `binaries/`.
    pub sidecar: String,
    /// What the sidecar says when it is ready: this line, or a JSON object with this key and a number above 0.
    pub ready: Ready,
    pub within: Duration,
    /// How long the sidecar is kept once it is ready; absent: until the window is closed.
    pub hold: Option<Duration>,
    /// Handed on to the sidecar.
    pub args: Vec<String>,
}

pub enum Ready {
    Line(String),
    Json(String),
}

impl Options {
    /// `[--sidecar NAME] [--ready LINE | --ready-json KEY] [--within SECONDS] [--hold SECONDS] [-- ARGUMENT…]`
    pub fn read(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options {
            sidecar: "sidecar-hello".into(),
            ready: Ready::Line("READY".into()),
            within: Duration::from_secs(10),
            hold: None,
            args: Vec::new(),
        };
        while let Some(arg) = args.next() {
            if arg == "--" {
                options.args = args.collect();
                break;
            }
            let mut value = || args.next().ok_or(format!("{arg} wants a value"));
            match arg.as_str() {
                "--sidecar" => options.sidecar = value()?,
                "--ready" => options.ready = Ready::Line(value()?),
                "--ready-json" => options.ready = Ready::Json(value()?),
                "--within" => options.within = seconds(&arg, &value()?)?,
                "--hold" => options.hold = Some(seconds(&arg, &value()?)?),
                _ => return Err(format!("unknown option '{arg}'")),
            }
        }
        Ok(options)
    }
}

fn seconds(option: &str, text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| format!("{option} takes seconds, not '{text}'"))?;
    Duration::try_from_secs_f64(number).map_err(|_| format!("{option} takes seconds, not '{text}'"))
}
