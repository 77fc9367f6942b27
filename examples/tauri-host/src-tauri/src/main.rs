//! The smallest Tauri host of a sidecar: it starts one through `externalBin`, waits until that says that it is ready, keeps hold of it,
//! shows its state, asks it to end, and ends with the result as its own exit code.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod options;
mod sidecar;

use options::Options;
use serde::Serialize;
use std::sync::Mutex;
use tauri::{AppHandle, Emitter, Manager, WindowEvent};
use tokio::sync::Notify;

/// What the window shows.
#[derive(Clone, Default, Serialize)]
pub struct Shown {
    kind: &'static str,
    text: String,
    lines: Vec<String>,
}

#[derive(Default)]
pub struct Host {
    shown: Mutex<Shown>,
    /// Told when the window is closed: the sidecar ends first, then the host.
    closing: Notify,
}

/// Tells the window and the terminal.
pub fn tell(app: &AppHandle, kind: &'static str, text: String) {
    println!("host: {text}");
    let host = app.state::<Host>();
    let mut shown = host.shown.lock().expect("nobody panics while holding it");
    shown.kind = kind;
    shown.text = text;
    let _ = app.emit("state", shown.clone());
}

/// One line of the sidecar.
pub fn tell_line(app: &AppHandle, line: String) {
    println!("sidecar: {line}");
    let host = app.state::<Host>();
    let mut shown = host.shown.lock().expect("nobody panics while holding it");
    shown.lines.push(line);
    let _ = app.emit("state", shown.clone());
}

#[tauri::command]
fn state(host: tauri::State<'_, Host>) -> Shown {
    host.shown.lock().expect("nobody panics while holding it").clone()
}

fn main() {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("error: {message}");
            std::process::exit(2);
        }
    };
    tauri::Builder::default()
        .plugin(tauri_plugin_shell::init())
        .manage(Host::default())
        .invoke_handler(tauri::generate_handler![state])
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                api.prevent_close();
                window.state::<Host>().closing.notify_one();
            }
        })
        .setup(|app| {
            let handle = app.handle().clone();
            tauri::async_runtime::spawn(async move {
                let code = match sidecar::run(&handle, &options).await {
                    Ok(()) => 0,
                    Err(failure) => {
                        eprintln!("error: {}", failure.message);
                        tell(&handle, "failed", failure.message);
                        failure.exit_code
                    }
                };
                handle.exit(code);
            });
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the window system does not start");
}
