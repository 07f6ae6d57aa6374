"use strict";

// The window that the bookmark opens. The page that one reads hands itself over by postMessage: any site can do that, so
// what comes is only shown and waits for the button. The key never leaves this address, and the page never sees it.

const KEY = "pantau-key";
const element = (id) => document.getElementById(id);
let page = null;

const bookmarklet = (here) => `(() => {
  window.open(${JSON.stringify(here + "/send#page")}, "_blank");
  const give = (event) => {
    if (event.origin !== ${JSON.stringify(here)} || event.data !== "pantau-ready") return;
    removeEventListener("message", give);
    event.source.postMessage({ url: location.href, title: document.title,
      html: "<!doctype html>" + document.documentElement.outerHTML }, event.origin);
  };
  addEventListener("message", give);
})()`;

function say(text) {
  element("state").textContent = text;
}

function receive(event) {
  const given = event.data;
  if (page || !given || typeof given.html !== "string" || typeof given.url !== "string") return;
  page = { html: given.html, url: given.url.split("#")[0] };
  element("url").value = page.url;
  say(`Ready to send: ${String(given.title || page.url).slice(0, 200)}`);
}

async function chosen() {
  const file = element("file").files[0];
  return file ? { file } : page;
}

async function upload(what) {
  const url = element("url").value.trim();
  const headers = { Authorization: `Bearer ${element("key").value.trim()}` };
  if (what.file) {
    const query = url ? `?url=${encodeURIComponent(url)}` : "";
    return fetch(`/articles${query}`, { method: "POST", headers: { ...headers, "Content-Type": "text/html" }, body: what.file });
  }
  const body = JSON.stringify(url ? { html: what.html, url } : { html: what.html });
  return fetch("/articles", { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body });
}

async function told(answer) {
  const found = await answer.json();
  if (answer.status !== 202) return `${found.title}: ${found.detail}`;
  const [article] = found.articles;
  return article.entry === "known" ? "It was there already." : `Sent: article ${article.id}.`;
}

async function send(event) {
  event.preventDefault();
  localStorage.setItem(KEY, element("key").value.trim());
  const what = await chosen();
  if (!what) {
    say("There is nothing to send: use the bookmark on a page, or choose a saved page.");
    return;
  }
  element("send").disabled = true;
  try {
    say(await told(await upload(what)));
  } catch (error) {
    say(`Pantau does not answer (${error.message}): is it running?`);
  } finally {
    element("send").disabled = false;
  }
}

element("key").value = localStorage.getItem(KEY) || "";
element("bookmark").href = `javascript:${encodeURIComponent(bookmarklet(location.origin))}`;
element("form").addEventListener("submit", send);
addEventListener("message", receive);
if (window.opener) window.opener.postMessage("pantau-ready", "*"); // it says nothing but that this window is there
