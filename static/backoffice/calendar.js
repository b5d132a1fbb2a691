// The calendar page: what the server says is drawn by EventCalendar; every change is a verb on the server.
//
// Times are the practice's wall times, handed to the calendar as text without a zone. It hands them back as dates on whose
// local clock they can be read, wherever the browser is. The server alone decides: a move that it refuses goes back.
"use strict";

(() => {
  const root = document.getElementById("calendar");
  if (!root) return;
  const config = JSON.parse(document.getElementById("calendar-config").textContent);
  const words = config.words;
  // Day before month, as the rest of the back office writes it.
  const locale = config.language === "en" ? "en-GB" : config.language;
  const POLL = 15_000;
  const phone = window.matchMedia("(max-width: 700px)");
  const remembered = `calendar-people-${config.practice}-${config.columns}`;
  const announce = document.getElementById("calendar-said");
  const card = document.getElementById("calendar-card");
  const cardBody = document.getElementById("calendar-card-body");

  const state = {
    day: config.day,
    view: config.view || (phone.matches ? "list" : "day"),
    people: JSON.parse(localStorage.getItem(remembered) || "[]"),
    data: null,
    etag: "",
    dragging: false,
  };

  // ------------------------------------------------------------------------------------------------ days

  const asDate = (day) => new Date(`${day}T00:00:00Z`);
  const asDay = (date) => date.toISOString().slice(0, 10);
  const plusDays = (day, count) => asDay(new Date(asDate(day).getTime() + count * 86_400_000));
  const monday = (day) => plusDays(day, -((asDate(day).getUTCDay() + 6) % 7));
  // Of the library's dates; those of our own are in UTC.
  const two = (number) => String(number).padStart(2, "0");
  const hour = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
  const wall = (date) =>
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${hour(date)}`;

  const range = () =>
    state.view === "day" ? [state.day, state.day] : [monday(state.day), plusDays(monday(state.day), 6)];

  const format = (day, options) =>
    new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }).format(asDate(day));

  function title() {
    const [first, last] = range();
    if (first === last) return format(first, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    return `${format(first, { day: "numeric", month: "short" })} – ${format(last, { day: "numeric", month: "short", year: "numeric" })}`;
  }

  // ------------------------------------------------------------------------------------------- the server

  const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

  class SignedOut extends Error {}

  async function ask(url, options = {}) {
    const headers = { "X-Requested-With": "XMLHttpRequest", ...options.headers };
    const answer = await fetch(url, { credentials: "same-origin", redirect: "manual", ...options, headers });
    if (answer.type === "opaqueredirect" || answer.status === 401) throw new SignedOut();
    return answer;
  }

  async function load({ force = false } = {}) {
    const [first, last] = range();
    const query = new URLSearchParams({ practice: config.practice, columns: config.columns, first, last });
    for (const one of shownPeople()) query.append("people", one);
    // Looking again by itself is no sign that somebody is there: it keeps no session alive.
    const headers = force ? {} : { "X-Poll": "1" };
    if (state.etag && !force) headers["If-None-Match"] = state.etag;
    try {
      const answer = await ask(`${config.urls.events}?${query}`, { headers });
      if (answer.status === 304) return drawNow();
      const told = await answer.json();
      if (!answer.ok) return say(told.message, { problem: true });
      state.etag = answer.headers.get("ETag") || "";
      state.data = told;
      draw();
    } catch (error) {
      if (error instanceof SignedOut) return signedOut();
      say(words.unreachable, { problem: true });
    }
  }

  async function change(url, values, { undo } = {}) {
    const body = new URLSearchParams(values);
    let told;
    try {
      const answer = await ask(url, { method: "POST", body, headers: { "X-CSRFToken": csrf() } });
      told = await answer.json();
      if (answer.ok) {
        say(told.message);
        if (card.open) card.close();
        await load({ force: true });
        return true;
      }
    } catch (error) {
      if (undo) undo();
      if (error instanceof SignedOut) signedOut();
      else say(words.unreachable, { problem: true });
      return false;
    }
    if (undo) undo();
    refused(told, values);
    await load({ force: true });
    return false;
  }

  // -------------------------------------------------------------------------------------- what is said

  function say(text, { problem = false } = {}) {
    announce.textContent = text;
    announce.classList.toggle("bo-problem", problem);
    announce.hidden = !text;
  }

  function signedOut() {
    say("", {});
    const link = document.createElement("a");
    link.className = "bo-link";
    link.href = `${config.urls.signIn}?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = words.signIn;
    announce.replaceChildren(`${words.signedOut} `, link);
    announce.classList.add("bo-problem");
    announce.hidden = false;
  }

  function refused(told, values) {
    const heading = document.createElement("h2");
    heading.className = "bo-title";
    heading.id = "calendar-card-title";
    heading.textContent = words.notMoved;
    const why = document.createElement("p");
    why.className = "bo-problem";
    why.textContent = told.message;
    const parts = [heading, why];
    if (told.nearest?.length) {
      const lead = document.createElement("p");
      lead.className = "bo-lead";
      lead.textContent = told.lead ?? words.nearest;
      const list = document.createElement("div");
      list.className = "bo-times";
      for (const free of told.nearest) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "bo-button";
        button.textContent = free.label;
        button.addEventListener("click", () => change(config.urls.move, { ...values, ...free.values }));
        list.append(button);
      }
      parts.push(lead, list);
    }
    if (told.more) {
      const more = document.createElement("a");
      more.className = "bo-link";
      more.href = told.more;
      more.textContent = words.otherTimes;
      parts.push(more);
    }
    cardBody.replaceChildren(...parts);
    if (!card.open) card.showModal();
    say(told.message, { problem: true });
  }

  // ------------------------------------------------------------------------------------------- drawing

  const VIEWS = { day: "resourceTimeGridDay", week: "resourceTimeGridWeek", list: "listWeek" };
  const firstShown = () => (state.view === "day" ? state.day : monday(state.day));

  show({}); // The server is asked while the calendar is made; its answer is drawn after that.

  const calendar = EventCalendar.create(root, {
    view: VIEWS[state.view],
    timeZone: "UTC",
    date: firstShown(),
    locale,
    firstDay: 1,
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    height: "calc(100vh - 16rem)",
    slotDuration: "00:15",
    slotHeight: 24,
    snapDuration: "00:05",
    slotMinTime: "07:00",
    slotMaxTime: "20:00",
    scrollTime: config.scroll,
    flexibleSlotTimeLimits: { eventFilter: (event) => event.extendedProps.kind === "visit" },
    slotEventOverlap: false,
    slotLabelFormat: hour,
    eventTimeFormat: () => "", // `content` says it; the browser's own way would take a fifth of the drawing
    dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
    listDayFormat: { weekday: "long", day: "numeric", month: "long" },
    listDaySideFormat: () => "",
    datesAboveResources: true,
    editable: false,
    eventDurationEditable: true,
    eventLongPressDelay: 400,
    pointer: true,
    noEventsContent: words.nothing,
    columnWidth: "minmax(9rem, 1fr)",
    resources: [],
    events: [],
    eventContent: content,
    eventAllUpdated: withoutHalfATable,
    datesSet: () => requestAnimationFrame(withoutHalfATable),
    eventDidMount: ({ el, event }) => described(el, event),
    eventClick: ({ event, jsEvent }) => {
      jsEvent.preventDefault();
      open(event);
    },
    dateClick: ({ date, resource, allDay }) => {
      if (!allDay && config.mayBook) book(date, resource);
    },
    eventDragStart: () => (state.dragging = true),
    eventDragStop: () => (state.dragging = false),
    eventResizeStart: () => (state.dragging = true),
    eventResizeStop: () => (state.dragging = false),
    eventDrop: ({ event, oldEvent, newResource, revert }) => move(event, oldEvent, newResource, revert),
    eventResize: ({ event, oldEvent, revert }) => move(event, oldEvent, undefined, revert),
  });

  function content({ event }) {
    const { kind, detail, marks, spoken } = event.extendedProps;
    if (event.display === "background") {
      if (!detail) return { domNodes: [] };
      const note = document.createElement("span");
      note.className = "bo-cal-note";
      note.textContent = detail;
      return { domNodes: [note] };
    }
    const time = document.createElement("span");
    time.className = "bo-cal-time";
    time.textContent = `${hour(event.start)}–${hour(event.end)}`;
    const name = document.createElement("strong");
    name.textContent = event.title;
    const nodes = [time, name];
    const whose = state.view === "list" ? columnTitle(event) : "";
    if (detail || whose) {
      const more = document.createElement("span");
      more.className = "bo-cal-detail";
      more.textContent = [detail, whose].filter(Boolean).join(" · ");
      nodes.push(more);
    }
    for (const mark of marks || []) {
      const badge = document.createElement("span");
      badge.className = "bo-cal-mark";
      badge.textContent = mark;
      nodes.push(badge);
    }
    if (kind === "busy") return { domNodes: [time, name] };
    if (spoken) {
      const unseen = document.createElement("span");
      unseen.className = "bo-unseen";
      unseen.textContent = spoken;
      nodes.push(unseen);
    }
    // Read in one go, words that stand below one another need something between them.
    return { domNodes: nodes.flatMap((node) => [node, document.createTextNode(" ")]) };
  }

  // The library calls its grid a table whose cells hold no events, which a screen reader makes nothing of.
  function withoutHalfATable() {
    // Without a visit in it, nothing else takes the keyboard to what scrolls.
    for (const part of root.querySelectorAll("section")) part.tabIndex = 0;
    for (const part of root.querySelectorAll("[role]:not([data-visit]), [aria-colindex], [aria-rowindex], [aria-colspan]")) {
      if (!part.dataset.visit) part.removeAttribute("role");
      for (const name of ["aria-colindex", "aria-rowindex", "aria-colspan"]) part.removeAttribute(name);
    }
  }

  // The library lets the keyboard reach an event, but says nothing of it.
  function described(el, event) {
    const { kind } = event.extendedProps;
    if (event.display === "background" || kind !== "visit") {
      if (event.display === "background") el.setAttribute("aria-hidden", "true");
      return;
    }
    el.setAttribute("role", "button");
    el.dataset.visit = event.id;
  }

  const columnTitle = (event) =>
    state.data.columns.find((one) => String(one.id) === event.resourceIds[0])?.title || "";

  function shownPeople() {
    if (state.view !== "week") return state.people;
    const all = (state.data?.columns || config.everybody).map((one) => String(one.id));
    const chosen = state.people.filter((one) => all.includes(one));
    return (chosen.length ? chosen : all).slice(0, config.mostInWeek);
  }

  function draw() {
    const told = state.data;
    if (!told || state.dragging) return;
    const focused = document.activeElement?.dataset?.visit;
    const wanted = shownPeople();
    const columns = told.columns.filter((one) => !wanted.length || wanted.includes(String(one.id)));
    calendar.setOption("resources", columns.map((one) => ({ id: String(one.id), title: one.title })));
    calendar.setOption("view", VIEWS[state.view]);
    calendar.setOption("date", firstShown());
    calendar.setOption("slotMinTime", told.opens);
    calendar.setOption("slotMaxTime", told.closes);
    calendar.setOption("highlightedDates", Object.keys(told.closed));
    const listed = state.view === "list" ? told.events.filter((one) => one.kind === "visit") : told.events;
    calendar.setOption("events", [...listed.map(asEvent), ...(state.view === "list" ? [] : nowLine(columns))]);
    document.getElementById("calendar-title").textContent = title();
    const closed = Object.entries(told.closed).filter(([day]) => day >= range()[0] && day <= range()[1]);
    const note = document.getElementById("calendar-closed");
    note.textContent = closed.map(([day, why]) => `${format(day, { weekday: "short", day: "numeric", month: "short" })}: ${why}`).join(" · ");
    note.hidden = !closed.length;
    if (focused) requestAnimationFrame(() => root.querySelector(`[data-visit="${focused}"]`)?.focus());
  }

  const asEvent = (one) => ({
    id: one.id,
    resourceIds: [String(one.column)],
    start: one.start,
    end: one.end,
    title: one.title,
    display: one.background ? "background" : "auto",
    editable: Boolean(one.movable),
    startEditable: Boolean(one.movable),
    durationEditable: Boolean(one.movable),
    classNames: [`bo-cal-${one.kind}`, ...(one.status ? [`bo-cal-${one.status}`] : []), ...(one.classes || [])],
    extendedProps: one,
  });

  // The library's own line is where the browser's clock says; this one is where the practice's does.
  function nowLine(columns) {
    if (!state.data?.now) return [];
    const began = state.data.loadedAt || (state.data.loadedAt = Date.now());
    const now = new Date(new Date(`${state.data.now}Z`).getTime() + (Date.now() - began));
    const asText = (moment) => moment.toISOString().slice(0, 16);
    const start = asText(now);
    return [
      {
        id: "now",
        resourceIds: columns.map((one) => String(one.id)),
        start,
        end: asText(new Date(now.getTime() + 60_000)),
        display: "background",
        classNames: ["bo-cal-now"],
        extendedProps: { kind: "now" },
      },
    ];
  }

  function drawNow() {
    if (!state.data || state.dragging) return;
    const [line] = nowLine(state.data.columns.filter((one) => !shownPeople().length || shownPeople().includes(String(one.id))));
    if (line) calendar.updateEvent(line);
  }

  // ------------------------------------------------------------------------------------------- doing

  function move(event, oldEvent, newResource, revert) {
    const { visit, seen } = event.extendedProps;
    const values = { appointment: visit, seen, starts_at: wall(event.start), ends_at: wall(event.end) };
    if (newResource) values.column = newResource.id;
    values.columns = config.columns;
    change(config.urls.move, values, { undo: revert });
  }

  function book(date, resource) {
    const query = new URLSearchParams({ practice: config.practice, starts_at: wall(date), next: here() });
    if (resource) query.set(config.columns, resource.id);
    location.assign(`${config.urls.book}?${query}`);
  }

  async function open(event) {
    const { kind, visit } = event.extendedProps;
    if (kind !== "visit") return;
    try {
      const answer = await ask(`${config.urls.card}${visit}/?next=${encodeURIComponent(here())}`);
      if (!answer.ok) return say(words.gone, { problem: true });
      cardBody.innerHTML = await answer.text();
      const form = cardBody.querySelector("form[data-move]");
      form?.addEventListener("submit", (sent) => {
        sent.preventDefault();
        const given = Object.fromEntries(new FormData(form));
        change(config.urls.move, { ...given, starts_at: `${given.day}T${given.time}` });
      });
      card.showModal();
    } catch (error) {
      if (error instanceof SignedOut) return signedOut();
      say(words.unreachable, { problem: true });
    }
  }

  const here = () => location.pathname + location.search;

  // ------------------------------------------------------------------------------------- the toolbar

  function show(changes) {
    Object.assign(state, changes, { etag: "" });
    const query = new URLSearchParams(location.search);
    query.set("day", state.day);
    query.set("view", state.view);
    history.replaceState(null, "", `?${query}`);
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
    }
    document.getElementById("calendar-day").value = state.day;
    const print = document.getElementById("calendar-print");
    if (print) print.href = `${config.urls.print}?${new URLSearchParams({ practice: config.practice, day: state.day })}`;
    document.getElementById("calendar-title").textContent = title();
    load({ force: true });
  }

  const step = () => (state.view === "day" ? 1 : 7);
  document.getElementById("calendar-prev").addEventListener("click", () => show({ day: plusDays(state.day, -step()) }));
  document.getElementById("calendar-next").addEventListener("click", () => show({ day: plusDays(state.day, step()) }));
  document.getElementById("calendar-today").addEventListener("click", () => show({ day: config.today }));
  document.getElementById("calendar-day").addEventListener("change", (event) => {
    if (/^\d{4}-\d\d-\d\d$/.test(event.target.value)) show({ day: event.target.value });
  });
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => show({ view: button.dataset.view }));
  }
  for (const box of document.querySelectorAll("[data-person]")) {
    box.checked = state.people.includes(box.dataset.person);
    box.addEventListener("change", () => {
      const people = [...document.querySelectorAll("[data-person]:checked")].map((one) => one.dataset.person);
      localStorage.setItem(remembered, JSON.stringify(people));
      show({ people });
    });
  }
  for (const select of document.querySelectorAll(".bo-cal-bar form select")) {
    select.addEventListener("change", () => {
      const query = new URLSearchParams(new FormData(select.form));
      query.set("day", state.day);
      query.set("view", state.view);
      location.search = query;
    });
  }
  card.addEventListener("click", (event) => {
    if (event.target === card || event.target.closest("[data-close]")) card.close();
  });

  // What others change appears without being asked for; a hidden page and one in use are left alone.
  setInterval(() => {
    if (document.visibilityState === "visible" && !state.dragging && !card.open) load();
  }, POLL);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") load();
  });
})();
