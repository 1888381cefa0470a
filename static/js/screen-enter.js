/* A display's token stands after the # of its address: it never reaches a log. It is put into the form and sent. */
(function () {
  "use strict";
  var token = location.hash.slice(1), form = document.getElementById("enter-form");
  if (!token || !form) return;
  history.replaceState(null, "", location.pathname);
  form.elements.token.value = token;
  form.submit();
})();
