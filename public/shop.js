// The demo shop: who is signed in, a basket that only counts, and ways into the chat.

const CUSTOMER = "larkspur:customer";
const picker = document.querySelector("#customer");
const chat = document.querySelector("support-chat");

/** Ask the shop's own server for the signed-in customer and the proof the chat needs. */
async function signIn(customer) {
  const answer = await fetch("/shop/sign-in", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ customer: customer || null }),
  });
  if (!answer.ok) throw new Error(`sign-in: ${answer.status}`);
  return answer.json();
}

chat.identity = async () => {
  const picked = sessionStorage.getItem(CUSTOMER);
  return picked ? (await signIn(picked)).identity : null;
};

function greet() {
  const picked = picker.selectedOptions[0];
  document.querySelector("#hello").hidden = !picker.value;
  document.querySelector("#name").textContent = picked.dataset.name ?? "";
}

picker.addEventListener("change", () => {
  if (picker.value) sessionStorage.setItem(CUSTOMER, picker.value);
  else sessionStorage.removeItem(CUSTOMER);
  greet();
  chat.refreshIdentity();
});

async function offerCustomers() {
  const answer = await fetch("/shop/customers");
  if (!answer.ok) throw new Error(`customers: ${answer.status}`);
  for (const { id, name, tier, note } of await answer.json()) {
    const option = new Option([name, tier === "standard" ? null : tier, note].filter(Boolean).join(" · "), id);
    option.dataset.name = name.split(" ")[0];
    picker.append(option);
  }
  picker.value = sessionStorage.getItem(CUSTOMER) ?? "";
  if (picker.selectedIndex < 0) {
    sessionStorage.removeItem(CUSTOMER);
    picker.value = "";
  }
  picker.disabled = false;
  greet();
}

for (const item of document.querySelectorAll(".wares li")) {
  const name = item.querySelector("h3").textContent;
  const deal = document.createElement("div");
  deal.className = "deal";
  const add = document.createElement("button");
  add.textContent = "Add to basket";
  add.setAttribute("aria-label", `Add ${name} to the basket`);
  add.addEventListener("click", () => {
    const basket = document.querySelector("#basket");
    basket.value = Number(basket.value) + 1;
  });
  const ask = document.createElement("button");
  ask.textContent = "Ask about it";
  ask.setAttribute("aria-label", `Ask about ${name}`);
  ask.addEventListener("click", () => chat.open(`I have a question about the ${name}: `));
  deal.append(add, ask);
  item.append(deal);
}

for (const button of document.querySelectorAll("[data-ask]")) {
  button.addEventListener("click", () => chat.open(button.dataset.ask));
}

await offerCustomers();
