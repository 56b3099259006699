"""Pages of sign-in, registration, forgotten passwords and one's own account; one-click sign-in in development."""

from __future__ import annotations

from functools import partial

from flask import flash, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import limits, login, policy, queries, service
from app.accounts import tokens as token_verbs
from app.accounts.errors import EmailTaken, LinkDead, TooBusy, TooManyTokens, TooOften, WrongPassword
from app.accounts.forms import (
    ConfirmForm,
    ForgotForm,
    LocaleForm,
    PasswordForm,
    RegisterForm,
    ResetForm,
    SignInForm,
    TokenForm,
)
from app.accounts.routes.blueprint import bp, dev_bp
from app.accounts.rules import SCOPES, TOKEN_DAYS, normal_email, secret_hash
from app.accounts.wording import ROLE_WORDS
from app.kernel.errors import DomainError, InvalidInput, NotFound, Unavailable
from app.kernel.ids import new_code
from app.kernel.networks import ip_prefix
from app.kernel.work import VISITOR
from app.web import allow, begin, current_actor, hub, look, render
from app.web.forms import Form
from app.web.languages import chosen_name
from app.web.redirects import safe_path

DEMO_ROLES = ("household", "appraiser", "manager", "dealer", "officer", "operator")


# Signing in and out


@bp.route("/sign-in", methods=["GET", "POST"])
@allow("anyone")
def sign_in() -> Response:
    target = safe_path(request.args.get("next"))
    form = SignInForm()
    if request.method == "GET" and current_actor().kind == "user":
        return redirect(target, code=303)
    if form.validate_on_submit():
        try:
            return login.welcome(login.sign_in(form.email.data or "", form.password.data or ""), target)
        except (WrongPassword, TooOften, TooBusy) as refusal:
            return _refused(form, refusal, "accounts/sign_in.html", target=target)
    return render("accounts/sign_in.html", form=form, target=target, status=422 if form.errors else 200)


@bp.post("/sign-out")
@allow("anyone")
def sign_out() -> Response:
    login.leave()
    answer = login.farewell("/")
    flash(_("You are signed out."), "success")
    return answer


# Registration


@bp.route("/register", methods=["GET", "POST"])
@allow("anyone")
def register() -> Response:
    target = safe_path(request.args.get("next"))
    form = RegisterForm()
    if request.method == "GET" and current_actor().kind == "user":
        return redirect(target, code=303)
    if form.validate_on_submit():
        try:
            session["registration"] = _ask_to_register(form)
        except (TooOften, TooBusy) as refusal:
            return _refused(form, refusal, "accounts/register.html", target=target)
        session["registration_target"] = target
        return redirect(url_for("accounts.register_sent"), code=303)
    return render("accounts/register.html", form=form, target=target, status=422 if form.errors else 200)


def _ask_to_register(form: RegisterForm) -> str:
    """Count, hash, write down; returns the code of the registration (one of nothing when the address had enough mails)."""
    home, email = hub(), normal_email(form.email.data or "")
    may_send = _may_send("register", email)
    password_hash = service.hash_password(form.password.data or "", home.settings.password_time_cost)
    if not may_send:
        return new_code()
    with begin() as work:
        name = form.display_name.data or ""
        return service.request_registration(work, home.sealer, email, name, password_hash, chosen_name()).code


@bp.get("/register/sent")
@allow("anyone")
def register_sent() -> Response:
    return render("accounts/register_sent.html", has_mailbox=_is_demo())


@bp.route("/register/<token>", methods=["GET", "POST"])
@allow("anyone")
def confirm(token: str) -> Response:
    with look() as work:
        asked = queries.find_open_registration(work, secret_hash(token))
    if asked is None:
        return _dead_link("accounts.register")
    form = ConfirmForm()
    # Somebody may have typed a stranger's address and a password of their own: outside the browser that registered, the
    # button alone must not open an account with a password that only the other one knows.
    is_same_browser = session.get("registration") == asked.code
    page = partial(render, "accounts/confirm.html", name=asked.display_name, email=asked.email, is_same_browser=is_same_browser)
    if not form.validate_on_submit():
        return page(form=form, status=422 if form.errors else 200)
    try:
        if not is_same_browser:
            login.prove_registration(asked, form.password.data or "")
        with begin() as work:
            new = login.enter(work, service.confirm_registration(work, token))
    except (WrongPassword, TooOften, TooBusy) as refusal:
        form.take(refusal)
        return _later(page(form=form, status=refusal.status), refusal)
    except LinkDead:
        return _dead_link("accounts.register")
    except EmailTaken as refusal:
        flash(_(type(refusal).message), "info")
        return redirect(url_for("accounts.sign_in"), code=303)
    answer = login.welcome(new, safe_path(session.get("registration_target")) if is_same_browser else "/")
    flash(_("Welcome. Your account is open."), "success")
    return answer


# Forgotten passwords


@bp.route("/forgot", methods=["GET", "POST"])
@allow("anyone")
def forgot() -> Response:
    form = ForgotForm()
    if form.validate_on_submit():
        email = normal_email(form.email.data or "")
        try:
            may_send = _may_send("reset", email)
        except TooOften as refusal:
            return _refused(form, refusal, "accounts/forgot.html")
        if may_send:
            with begin() as work:
                service.request_reset(work, hub().sealer, email)
        return redirect(url_for("accounts.forgot_sent"), code=303)
    return render("accounts/forgot.html", form=form, status=422 if form.errors else 200)


@bp.get("/forgot/sent")
@allow("anyone")
def forgot_sent() -> Response:
    return render("accounts/forgot_sent.html", has_mailbox=_is_demo())


@bp.route("/reset/<token>", methods=["GET", "POST"])
@allow("anyone")
def reset(token: str) -> Response:
    with look() as work:
        asked = queries.find_open_reset(work, secret_hash(token))
        user = queries.user_by_id(work, asked.user_id) if asked is not None and asked.user_id is not None else None
    if user is None:
        return _dead_link("accounts.forgot")
    form = ResetForm(others=(user.email, user.display_name))
    if not form.validate_on_submit():
        return render("accounts/reset.html", form=form, status=422 if form.errors else 200)
    try:
        password_hash = service.hash_password(form.password.data or "", hub().settings.password_time_cost)
        with begin() as work:
            service.reset_password(work, token, password_hash)
    except TooBusy as refusal:
        return _refused(form, refusal, "accounts/reset.html")
    except LinkDead:
        return _dead_link("accounts.forgot")
    answer = login.farewell(url_for("accounts.sign_in"))
    flash(_("Your new password is set. Every device was signed out. Please sign in with it."), "success")
    return answer


# One's own account


@bp.get("/account")
@allow("member")
def me() -> Response:
    return _account_page()


@bp.post("/account/password")
@allow("member")
def change_password() -> Response:
    with look() as work:
        user = queries.user_by_id(work, current_actor().id)
    form = PasswordForm(others=(user.email, user.display_name))
    if not form.validate_on_submit():
        return _account_page(password_form=form, status=422)
    try:
        proven = login.prove(user.email, form.current.data or "")
        password_hash = service.hash_password(form.new.data or "", hub().settings.password_time_cost)
        with begin() as work:
            new = login.enter(work, service.change_password(work, proven.password_hash, password_hash))
    except WrongPassword:
        form.current.errors = [_("This is not your present password.")]
        return _account_page(password_form=form, status=422)
    except (TooOften, TooBusy) as refusal:
        form.take(refusal)
        return _later(_account_page(password_form=form, status=refusal.status), refusal)
    answer = login.welcome(new, url_for("accounts.me"))
    flash(_("Your password is changed. Every other device was signed out."), "success")
    return answer


@bp.post("/account/language")
@allow("member")
def choose_locale() -> Response:
    form = LocaleForm()
    if not form.validate_on_submit():
        return _account_page(locale_form=form, status=422)
    with begin() as work:
        service.choose_locale(work, form.locale.data)
    flash(_("The language of your mails is changed."), "success")
    return redirect(url_for("accounts.me"), code=303)


@bp.post("/account/sessions/<code>/end")
@allow("member")
def end_session(code: str) -> Response:
    with begin() as work:
        service.end_session(work, code)
    flash(_("That device is signed out."), "success")
    return redirect(url_for("accounts.me"), code=303)


@bp.post("/account/sessions/end-others")
@allow("member")
def end_other_sessions() -> Response:
    with begin() as work:
        service.end_other_sessions(work)
    flash(_("Every other device is signed out."), "success")
    return redirect(url_for("accounts.me"), code=303)


# Access tokens


@bp.get("/account/tokens")
@allow("member")
def tokens() -> Response:
    """The tokens of the person's programs, and a form for a new one."""
    return _tokens_page(TokenForm(formdata=None, days=str(TOKEN_DAYS)))


@bp.post("/account/tokens")
@allow("member")
def issue_token() -> Response:
    """Issue a token: the secret is on this page and nowhere else, so there is no redirect."""
    form = TokenForm()
    if not form.validate_on_submit():
        return _tokens_page(form, status=422)
    try:
        login.count_issue(current_actor())
        with look() as work:
            user = queries.user_by_id(work, current_actor().id)
        login.prove(user.email, form.password.data or "")
        with begin() as work:
            made = token_verbs.issue(work, user.id, form.label.data or "", form.scopes.data or [], int(form.days.data))
    except WrongPassword:
        form.password.errors = [_("This is not your present password.")]
        return _tokens_page(form, status=422)
    except (TooOften, TooBusy, TooManyTokens, InvalidInput) as refusal:
        form.take(refusal)
        return _later(_tokens_page(form, status=refusal.status), refusal)
    return render("accounts/token_issued.html", secret=made.secret, token=made.row)


@bp.post("/account/tokens/<code>/revoke")
@allow("member")
def revoke_token(code: str) -> Response:
    with begin() as work:
        token_verbs.revoke(work, work.actor.id, code)
    flash(_("The token is revoked. It does not work any more."), "success")
    return redirect(url_for("accounts.tokens"), code=303)


def _tokens_page(form: TokenForm, status: int = 200) -> Response:
    with look() as work:
        user = queries.user_by_id(work, current_actor().id)
        rows = token_verbs.tokens_of(work, user.id)
    return render("accounts/tokens.html", status=status, form=form, tokens=rows, scopes=SCOPES, email=user.email)


def _account_page(
    *, password_form: PasswordForm | None = None, locale_form: LocaleForm | None = None, status: int = 200
) -> Response:
    actor = current_actor()
    with look() as work:
        user = queries.user_by_id(work, actor.id)
        sessions = queries.sessions_of(work, actor.id)
        memberships = queries.memberships_of(work, actor.id)
        invitations = queries.invitations_for(work, user.email)
    return render(
        "accounts/me.html",
        status=status,
        user=user,
        sessions=sessions,
        present_session_id=actor.session_id,
        memberships=memberships,
        seen_from_within={house.id for _membership, house in memberships if policy.may_see(actor, house)},
        invitations=invitations,
        role_words=ROLE_WORDS,
        password_form=password_form or PasswordForm(formdata=None),
        locale_form=locale_form or LocaleForm(formdata=None, locale=user.locale),
    )


# Development


@dev_bp.get("/sign-in", endpoint="sign_in")
@allow("anyone")
def people() -> Response:
    _only_in_demo()
    with look() as work:
        groups = [(role, queries.people_with_role(work, role, limit=40)) for role in DEMO_ROLES]
    return render("accounts/dev_people.html", groups=[(role, found) for role, found in groups if found], role_words=ROLE_WORDS)


@dev_bp.post("/sign-in/<code>")
@allow("anyone")
def become(code: str) -> Response:
    _only_in_demo()
    with begin() as work:
        new = login.enter(work, queries.user_by_code(work, code))
    return login.welcome(new, safe_path(request.args.get("next")))


# Shared


def _is_demo() -> bool:
    return hub().settings.env in ("development", "test")


def _only_in_demo() -> None:
    if not _is_demo():
        raise NotFound()


def _may_send(kind: str, email: str) -> bool:
    """Count a request for a mail in its own small transaction. Raises TooOften."""
    account = hub().sealer.blind_index(email, "login_attempt.account")
    network = ip_prefix(request.remote_addr)
    return hub().db.run(VISITOR, partial(limits.note_mail, kind=kind, account=account, ip_prefix=network))


def _refused(form: Form, refusal: DomainError, template: str, **context: object) -> Response:
    """The same page with what was typed, the refusal above the form, and the refusal's status."""
    form.take(refusal)
    return _later(render(template, form=form, status=refusal.status, **context), refusal)


def _later(answer: Response, refusal: DomainError) -> Response:
    if isinstance(refusal, Unavailable):
        answer.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return answer


def _dead_link(again: str) -> Response:
    return render("accounts/link_dead.html", again=url_for(again), is_reset=again == "accounts.forgot", status=404)
