// Times as ages. The server writes each time in words, for readers without scripts.
const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
];

export function ageOf(seconds) {
  for (const [unit, length] of UNITS) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${unit} ago`;
  }
  return seconds >= 10 ? `${Math.floor(seconds / 10) * 10} s ago` : "just now";
}

export function showAges() {
  for (const time of document.querySelectorAll("main time")) {
    const at = new Date(time.dateTime);
    time.title ||= time.textContent;
    time.textContent = ageOf((Date.now() - at) / 1000);
  }
}
