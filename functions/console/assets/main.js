// The script of every page: shows ages instead of times, and keeps the main part up to date.
import { keepUpToDate } from "./polling.js";
import { showAges } from "./ages.js";

showAges();
setInterval(showAges, 5_000);
const age = document.getElementById("age");
if (age) keepUpToDate(age, Number(document.body.dataset.polledS), showAges);
