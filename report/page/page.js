"use strict";
// Search and filters. Everything is on the page without them.
(() => {
  const list = document.getElementById("list");
  const tools = document.getElementById("tools");
  if (!list || !tools) return;
  const items = Array.from(list.getElementsByClassName("i"));
  const search = document.getElementById("q");
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const chips = document.getElementById("chips");
  const selects = Array.from(tools.querySelectorAll("select"));
  const tokens = items.map((item) => " " + item.dataset.f + " ");
  const picked = new Map();
  const texts = [];
  let due = 0;

  // On a large page what items hold stands in noscript elements, which a browser with
  // scripts takes for text: it is made into elements when an item is opened.
  const lazy = (item) => item.getElementsByTagName("noscript")[0];
  const fill = (item) => {
    const held = lazy(item);
    if (held) held.outerHTML = held.textContent;
  };
  const marks = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'", "&#43;": "+" };
  const plain = (item) => {
    const text = item.textContent;
    return (lazy(item) ? text.replace(/<[^>]*>/g, " ").replace(/&(amp|lt|gt|#34|#39|#43);/g, (m) => marks[m]) : text).toLowerCase();
  };

  // The texts are read when there is time, and what is left of them for a search.
  const read = (deadline) => {
    while (texts.length < items.length && (!deadline || deadline.timeRemaining() > 2)) texts.push(plain(items[texts.length]));
    if (texts.length < items.length) requestIdleCallback(read);
  };

  const apply = () => {
    due = 0;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) read();
    const wanted = [...picked.keys(), ...selects.map((s) => s.value).filter(Boolean)].map((t) => " " + t + " ");
    let count = 0;
    for (let i = 0; i < items.length; i++) {
      const keep = wanted.every((t) => tokens[i].includes(t)) && words.every((w) => texts[i].includes(w));
      if (items[i].hidden === keep) items[i].hidden = !keep;
      if (keep) count++;
    }
    shown.textContent = count === items.length ? count + " listed" : count + " of " + items.length;
    nothing.hidden = count > 0;
  };
  const later = () => { due ||= requestAnimationFrame(apply); };

  const chip = (token, label) => {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "chip";
    b.textContent = label + "  ✕";
    b.setAttribute("aria-label", "Remove the filter " + label);
    b.addEventListener("click", () => { picked.delete(token); b.remove(); later(); search.focus(); });
    return b;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-f]");
    if (!link || picked.has(link.dataset.f)) return;
    picked.set(link.dataset.f, true);
    chips.append(chip(link.dataset.f, link.dataset.l || link.textContent));
    later();
  });
  list.addEventListener("toggle", (event) => fill(event.target), true);
  search.addEventListener("input", later);
  tools.addEventListener("change", later);
  tools.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.target === search && event.key === "Escape") { search.value = ""; later(); }
    if (event.key !== "/" || event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
    tools.scrollIntoView({ block: "start" });
  });
  tools.hidden = false;
  apply();
  if (window.requestIdleCallback) requestIdleCallback(read);
})();
