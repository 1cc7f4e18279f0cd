// Passkeys for the forms that ask for one. A page works without this file: then these forms stay hidden.
"use strict";

(() => {
  if (!window.PublicKeyCredential) return;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => {
    let whole = "";
    for (const byte of new Uint8Array(buffer)) whole += String.fromCharCode(byte);
    return btoa(whole).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const known = (ask) => ask.known.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytes(id) }));

  const make = async (ask) => {
    const credential = await navigator.credentials.create({
      publicKey: {
        challenge: bytes(ask.challenge),
        rp: { id: ask.party, name: "Candor" },
        user: { id: bytes(ask.user), name: ask.name, displayName: ask.name },
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: { residentKey: "preferred", userVerification: ask.verify },
        excludeCredentials: known(ask),
        attestation: "none",
        timeout: 300000,
      },
    });
    return { client: credential.response.clientDataJSON, data: credential.response.getAuthenticatorData() };
  };

  const sign = async (ask) => {
    const credential = await navigator.credentials.get({
      publicKey: {
        challenge: bytes(ask.challenge),
        rpId: ask.party,
        allowCredentials: known(ask),
        userVerification: ask.verify,
        timeout: 300000,
      },
    });
    const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
    return {
      id: credential.rawId,
      user: userHandle || new ArrayBuffer(0),
      client: clientDataJSON,
      data: authenticatorData,
      signature,
    };
  };

  const words = (error, ask) => {
    if (error.name === "SecurityError") return `Passkeys work at ${ask.origin}. Open the house there.`;
    if (error.name === "InvalidStateError") return "This device has a passkey for your account already.";
    return "No passkey was used. Try again, or use a code.";
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const ask = form.dataset;
    const problem = form.querySelector("[data-problem]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.hidden = true;
      try {
        const parts = ask.passkey === "make" ? await make(ask) : await sign(ask);
        for (const [name, value] of Object.entries(parts)) {
          form.elements[`passkey-${name}`].value = text(value);
        }
        HTMLFormElement.prototype.submit.call(form);
      } catch (error) {
        problem.textContent = words(error, ask);
        problem.hidden = false;
      }
    });
  }
})();
