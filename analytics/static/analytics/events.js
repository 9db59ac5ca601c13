/* Tells the back-office what a shopper does.
 *
 *   <script async src="https://back-office.example/events.js?key=src_..."></script>
 *
 * Then, from the shop front's own scripts, once `shopEvents` is there (calls made before it wait in `shopEventsQueue`):
 *
 *   shopEvents.consent(true)                         the shopper agreed to be known again; false takes it back
 *   shopEvents.customer(proof)                       who has logged in, by the proof the shop's server fetched; null: logged out
 *   shopEvents.tell("product_viewed", {sku: "..."})  something happened
 *   shopEvents.visitor()                             the name under which the shop front's server may tell of the same visit
 *   shopEvents.page()                                another page is shown without loading one
 *
 * Without consent nothing is kept on the device and nobody is named. An event that was told stays in the queue until the
 * back-office has answered that it is stored; it may arrive twice, and is stored once.
 */
(function () {
  "use strict";

  var script = document.currentScript;
  if (!script || window.shopEvents) return;
  var source = new URL(script.src);
  var address = source.origin + "/api/v1/events/?key=" + encodeURIComponent(source.searchParams.get("key") || "");

  var SEND_EVERY = 5000;
  var MOST_SENT = 50;
  var MOST_KEPT = 1000;
  var BEACON_BYTES = 60000;
  var LOOKED_AT = 30000; // A page in front of somebody who touches nothing for longer is not looked at.
  var TELL_DWELL = 15;
  var ABANDONED = 60000;
  var CONSENT = "shop-events:consent";
  var VISITOR = "shop-events:visitor";
  var CUSTOMER = "shop-events:customer";
  var QUEUE = "shop-events:queue:";
  var ORIGINS = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "fbclid"];
  var RENAMED = {NaPm: "napm", kakao_click_id: "kakao_click"};

  var mine = QUEUE + identifier();
  var queue = [];
  var sending = false;
  var waitUntil = 0;
  var path = location.pathname;
  var sku = null;
  var looked = 0;
  var touchedAt = Date.now();

  function stored(name) {
    try { return localStorage.getItem(name); } catch (error) { return null; }
  }

  function store(name, value) {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch (error) { /* A device that keeps nothing still tells. */ }
  }

  function agreed() { return stored(CONSENT) === "yes"; }

  // The moment first, so that ids of one time lie beside each other in the database (RFC 9562, version 7).
  function identifier() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    var now = Date.now();
    for (var i = 5; i >= 0; i--) { bytes[i] = now % 256; now = Math.floor(now / 256); }
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    var text = Array.from(bytes, function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
    return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
  }

  function visitor() {
    var name = stored(VISITOR);
    if (!name) { name = identifier(); store(VISITOR, name); }
    return name;
  }

  // Whose an event is, said when it happens: it may be sent when somebody else has logged in.
  function whose() {
    return agreed() ? {visitor: visitor(), customer: stored(CUSTOMER)} : null;
  }

  // Each page has a queue of its own, so that two of them never overwrite each other's; one that closed leaves it behind.
  function keep() {
    var lasting = agreed() ? queue.filter(function (one) { return one.of; }) : [];
    store(mine, lasting.length ? JSON.stringify({at: Date.now(), waiting: lasting}) : null);
  }

  function adopt() {
    var names = [];
    try { names = Object.keys(localStorage); } catch (error) { return; }
    names.forEach(function (name) {
      if (name.indexOf(QUEUE) !== 0 || name === mine) return;
      try {
        if (!agreed()) throw new Error("Taken back.");
        var left = JSON.parse(stored(name));
        if (Date.now() - left.at < ABANDONED) return;
        queue = left.waiting.concat(queue).slice(-MOST_KEPT);
      } catch (error) { /* Not ours, cut short, or of somebody who does not agree any more. */ }
      store(name, null);
    });
    keep();
  }

  // The first of what waits, and those after it that are of the same shopper.
  function next(waiting) {
    var of = JSON.stringify(waiting[0].of);
    var end = 1;
    while (end < waiting.length && end < MOST_SENT && JSON.stringify(waiting[end].of) === of) end += 1;
    return waiting.slice(0, end);
  }

  function envelope(some) {
    // Consent may have been taken back meanwhile, on another page too.
    var of = agreed() ? some[0].of : null;
    var said = {sent_at: Date.now(), consent: Boolean(of), events: some.map(function (one) { return one.event; })};
    if (of) {
      said.visitor = of.visitor;
      if (of.customer) said.customer = of.customer;
    }
    return JSON.stringify(said);
  }

  function send() {
    if (sending || !queue.length || Date.now() < waitUntil) return;
    sending = true;
    var some = next(queue);
    // Plain text, so that the browser need not ask first.
    fetch(address, {method: "POST", body: envelope(some), headers: {"Content-Type": "text/plain"}, credentials: "omit"})
      .then(function (answer) {
        // Another try would change nothing about a batch that cannot be read.
        if (!answer.ok && answer.status !== 400 && answer.status !== 413) {
          waitUntil = Date.now() + 1000 * (Number(answer.headers.get("Retry-After")) || 10);
          return;
        }
        queue = queue.filter(function (one) { return some.indexOf(one) < 0; });
        keep();
        if (queue.length) setTimeout(send, 0);
      })
      .catch(function () { waitUntil = Date.now() + SEND_EVERY; })
      .finally(function () { sending = false; });
  }

  // Nobody hears whether this arrives. With consent it stays in the queue, and is told once more from the next page.
  function sendLast() {
    dwell();
    var waiting = queue;
    var bytes = 0;
    while (waiting.length) {
      var some = next(waiting);
      var said = envelope(some);
      bytes += new Blob([said]).size;
      if (bytes > BEACON_BYTES || !navigator.sendBeacon(address, new Blob([said], {type: "text/plain"}))) break;
      waiting = waiting.slice(some.length);
    }
    queue = queue.filter(function (one) { return one.of || waiting.indexOf(one) >= 0; });
  }

  function tell(kind, properties) {
    if (kind === "product_viewed" && properties) sku = properties.sku || null;
    queue.push({of: whose(), event: {id: identifier(), at: Date.now(), kind: kind, properties: properties || {}}});
    if (queue.length > MOST_KEPT) queue.shift();
    keep();
    if (queue.length >= MOST_SENT) send();
  }

  // Without the question of the address: it may hold names, mails and tokens.
  function page() {
    dwell();
    path = location.pathname;
    sku = null;
    var properties = {path: path};
    try {
      var referrer = document.referrer && new URL(document.referrer).host;
      if (referrer && referrer !== location.host) properties.referrer = referrer;
    } catch (error) { /* No address. */ }
    new URLSearchParams(location.search).forEach(function (value, name) {
      if (ORIGINS.indexOf(name) >= 0) properties[name] = cut(value, 100);
      if (RENAMED[name]) properties[RENAMED[name]] = cut(value, 255);
    });
    tell("page_viewed", properties);
  }

  // By whole signs: half of an emoji cannot be kept.
  function cut(text, most) { return Array.from(text).slice(0, most).join(""); }

  function dwell() {
    if (looked < 1) return;
    var properties = {path: path, seconds: looked};
    if (sku) properties.sku = sku;
    looked = 0;
    tell("dwelled", properties);
  }

  function consent(given) {
    if (given) {
      store(CONSENT, "yes");
      return;
    }
    [CONSENT, VISITOR, CUSTOMER].forEach(function (name) { store(name, null); });
    queue.forEach(function (one) { one.of = null; });
    keep();
    adopt(); // Drops what pages left behind that are closed.
  }

  function customer(proof) {
    if (!agreed()) return;
    // Another person at the same device is another visitor.
    if (stored(CUSTOMER) && named(stored(CUSTOMER)) !== named(proof)) store(VISITOR, null);
    store(CUSTOMER, proof);
  }

  function asVisitor() { return agreed() ? visitor() : null; }

  function named(proof) { return proof && proof.split(":").slice(0, -2).join(":"); }

  setInterval(function () {
    if (document.visibilityState === "visible" && Date.now() - touchedAt < LOOKED_AT) looked += 1;
    if (looked >= TELL_DWELL) dwell();
  }, 1000);
  setInterval(send, SEND_EVERY);
  ["pointerdown", "pointermove", "keydown", "scroll", "touchstart"].forEach(function (name) {
    addEventListener(name, function () { touchedAt = Date.now(); }, {passive: true});
  });
  addEventListener("pagehide", sendLast);
  document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") sendLast(); });
  addEventListener("online", function () { waitUntil = 0; send(); });
  addEventListener("popstate", page);

  var early = window.shopEventsQueue || [];
  window.shopEvents = {tell: tell, page: page, consent: consent, customer: customer, visitor: asVisitor, send: send};
  window.shopEventsQueue = {push: function (call) { window.shopEvents[call[0]].apply(null, call.slice(1)); }};
  adopt();
  page();
  early.forEach(function (call) { window.shopEventsQueue.push(call); });
})();
