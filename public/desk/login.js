/** The way in: one click on a person in the demo, name and password elsewhere. */

import { api } from "./api.js";
import { avatar, byId, el } from "./dom.js";
import { spoken } from "./words.js";

/** Show the way in and return the operator who took it; `lead` says why it is shown. */
export async function askWho(lead) {
  byId("login").hidden = false;
  byId("login-lead").textContent = lead;
  byId("login-error").textContent = "";
  const people = await demoPeople();
  const operator = await (people ? pickPerson(people) : askPassword());
  byId("login").hidden = true;
  return operator;
}

async function demoPeople() {
  try {
    return await api.operators();
  } catch (refusal) {
    if (refusal.status !== 404) byId("login-error").textContent = refusal.message;
    return null;
  }
}

function pickPerson(people) {
  byId("login-form").hidden = true;
  byId("login-people").hidden = false;
  return new Promise((resolve) => {
    const choose = (person) => attempt(() => api.login(person.id, null), resolve);
    byId("login-people").replaceChildren(...people.map((person) => personRow(person, choose)));
    byId("login-people").querySelector("button")?.focus();
  });
}

function personRow(person, choose) {
  const names = el("span", { class: "person-names" }, el("span", {}, person.name), el("span", { class: "muted small" }, spoken(person.role)));
  return el("li", {}, el("button", { type: "button", class: "person", onclick: () => choose(person) }, avatar(person), names));
}

function askPassword() {
  const form = byId("login-form");
  byId("login-people").hidden = true;
  form.hidden = false;
  byId("login-operator").focus();
  return new Promise((resolve) => {
    form.onsubmit = (submitted) => {
      submitted.preventDefault();
      const { operator, password } = Object.fromEntries(new FormData(form));
      attempt(() => api.login(operator.trim(), password), (signedIn) => {
        form.reset();
        resolve(signedIn);
      });
    };
  });
}

async function attempt(signIn, resolve) {
  byId("login-error").textContent = "";
  try {
    resolve(await signIn());
  } catch (refusal) {
    byId("login-error").textContent = refusal.message;
  }
}
