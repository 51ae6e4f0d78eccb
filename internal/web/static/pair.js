// Puts the code from the link into the form, and takes it out of the address.
"use strict";
(() => {
  const code = location.hash.slice(1), field = document.getElementById("code");
  if (!code || !field) return;
  field.value = code.replace(/(.{4})(?=.)/g, "$1-");
  history.replaceState(null, "", location.pathname);
})();
