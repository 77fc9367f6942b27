//! One sidecar from its start to its end. Each way in which it can fail has an exit code and a sentence with the evidence.
use crate::{options::Options, options::Ready, tell, tell_line, Host};
use std::time::{Duration, Instant};
use tauri::{async_runtime::Receiver, AppHandle, Manager};
use tauri_plugin_shell::process::{CommandChild, CommandEvent, TerminatedPayload};
use tauri_plugin_shell::ShellExt;
use tokio::time::{sleep, timeout, timeout_at};

/// How long it may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);
/// How much of its standard error is shown.
const EVIDENCE_LINES: usize = 20;

pub struct Failure {
    pub exit_code: i32,
    pub message: String,
}

fn failure(exit_code: i32, message: String) -> Failure {
    Failure { exit_code, message }
}

/// Returns when the sidecar was ready, was kept as long as asked for, and has ended well.
pub async fn run(app: &AppHandle, options: &Options) -> Result<(), Failure> {
    let name = &options.sidecar;
    tell(app, "starting", format!("starting {name}"));
    let started = Instant::now();
    let command = app.shell().sidecar(name).map_err(|error| failure(3, format!("cannot start '{name}': {error}")))?;
    let (mut events, child) =
        command.args(&options.args).spawn().map_err(|error| failure(3, format!("cannot start '{name}': {error}")))?;
    let pid = child.pid();
    tell(app, "starting", format!("{name} runs as process {pid}"));

    let mut errors = Vec::new();
    let outcome = timeout_at((started + options.within).into(), until_ready(app, options, &mut events, &mut errors)).await;
    let announced = match outcome {
        Ok(Ok(announced)) => announced,
        Ok(Err(ended)) => {
            let how = how_it_ended(&ended);
            return Err(failure(4, format!("'{name}' ended before it was ready, with {how}{}", evidence(&errors))));
        }
        Err(_) => {
            let within = options.within.as_secs_f64();
            let message = format!("'{name}' was not ready within {within} s{}", evidence(&errors));
            stop(app, &mut events, child).await;
            return Err(failure(5, message));
        }
    };
    let took = started.elapsed().as_millis();
    tell(app, "ready", format!("{name} is ready after {took} ms: {announced}"));

    if let Some(ended) = keep(app, options, &mut events).await {
        return Err(failure(6, format!("'{name}' ended while it was in use, with {}", how_it_ended(&ended))));
    }
    tell(app, "stopping", format!("asking {name} to end"));
    match stop(app, &mut events, child).await {
        Some(TerminatedPayload { code: Some(0), .. }) => {
            tell(app, "ended", format!("{name} ended well"));
            Ok(())
        }
        Some(ended) => Err(failure(7, format!("'{name}' was asked to end and ended with {}", how_it_ended(&ended)))),
        None => Err(failure(8, format!("'{name}' did not end within {} s and was killed", GRACE.as_secs()))),
    }
}

/// The line by which it said so, or how it ended instead.
async fn until_ready(
    app: &AppHandle,
    options: &Options,
    events: &mut Receiver<CommandEvent>,
    errors: &mut Vec<String>,
) -> Result<String, TerminatedPayload> {
    let mut end = None;
    while let Some(event) = events.recv().await {
        match event {
            CommandEvent::Stdout(bytes) => {
                let line = text_of(&bytes);
                tell_line(app, line.clone());
                if is_ready(&options.ready, &line) {
                    return Ok(line);
                }
            }
            CommandEvent::Stderr(bytes) => {
                let line = text_of(&bytes);
                eprintln!("sidecar: {line}");
                errors.push(line);
            }
            // What it printed last may come after its end: the channel closes behind both.
            CommandEvent::Terminated(ended) => end = Some(ended),
            _ => {}
        }
    }
    Err(end.unwrap_or(TerminatedPayload { code: None, signal: None }))
}

fn is_ready(ready: &Ready, line: &str) -> bool {
    match ready {
        Ready::Line(token) => line == token,
        Ready::Json(key) => serde_json::from_str::<serde_json::Value>(line)
            .ok()
            .and_then(|value| value.get(key).and_then(serde_json::Value::as_u64))
            .is_some_and(|number| number > 0),
    }
}

/// Until the time is over or the window is closed; how it ended, where it did so before.
async fn keep(app: &AppHandle, options: &Options, events: &mut Receiver<CommandEvent>) -> Option<TerminatedPayload> {
    let host = app.state::<Host>();
    let hold = options.hold;
    let over = async {
        match hold {
            Some(duration) => sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = over => None,
        () = host.closing.notified() => None,
        ended = until_end(app, events) => Some(ended),
    }
}

async fn until_end(app: &AppHandle, events: &mut Receiver<CommandEvent>) -> TerminatedPayload {
    let mut end = None;
    while let Some(event) = events.recv().await {
        match event {
            CommandEvent::Stdout(bytes) => tell_line(app, text_of(&bytes)),
            CommandEvent::Stderr(bytes) => eprintln!("sidecar: {}", text_of(&bytes)),
            CommandEvent::Terminated(ended) => end = Some(ended),
            _ => {}
        }
    }
    end.unwrap_or(TerminatedPayload { code: None, signal: None })
}

/// Asks, waits, and ends it where it does not end. None: it had to be killed.
async fn stop(app: &AppHandle, events: &mut Receiver<CommandEvent>, child: CommandChild) -> Option<TerminatedPayload> {
    #[cfg(unix)]
    {
        // The launcher has become the program: its process is the sidecar's own.
        unsafe { libc::kill(child.pid() as i32, libc::SIGTERM) };
        if let Ok(ended) = timeout(GRACE, until_end(app, events)).await {
            return Some(ended);
        }
        let _ = child.kill();
        until_end(app, events).await;
        None
    }
    #[cfg(not(unix))]
    {
        // Windows has no way to ask a process without a window; the launcher's job takes all that it started with it.
        let _ = child.kill();
        let _ = timeout(GRACE, until_end(app, events)).await;
        Some(TerminatedPayload { code: Some(0), signal: None })
    }
}

fn how_it_ended(ended: &TerminatedPayload) -> String {
    match (ended.code, ended.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit code".into(),
    }
}

fn evidence(errors: &[String]) -> String {
    if errors.is_empty() {
        return "; it wrote nothing to standard error".into();
    }
    let last = &errors[errors.len().saturating_sub(EVIDENCE_LINES)..];
    format!("; it wrote to standard error:\n{}", last.join("\n"))
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches(['\r', '\n']).to_owned()
}
