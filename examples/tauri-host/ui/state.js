// The host tells every change; what it told before this page was there is asked for.
const { event, core } = window.__TAURI__;

function show({ kind, text, lines }) {
  const state = document.getElementById('state');
  state.className = kind;
  state.textContent = text;
  document.getElementById('lines').textContent = lines.join('\n');
}

event.listen('state', ({ payload }) => show(payload)).then(() => core.invoke('state').then(show));
