/* Demo mode only: a click on an account fills the log-in form. */
document.addEventListener("click", function (event) {
  var button = event.target.closest("[data-fill-login]");
  if (!button) return;
  var form = document.querySelector("form input[name=password]").form;
  form.username.value = button.dataset.fillLogin;
  form.password.value = button.dataset.fillPassword;
  form.querySelector("[type=submit].btn").focus();
});
