"""Signing in and out, one-time links, and a person's own settings."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from tracker.domain.errors import NotFound, NotValid
from tracker.models.catalogue import Person
from tracker.usecases.people import (
    SHORTEST_PASSWORD,
    address_of,
    check_password,
    count_sign_in_attempt,
    edit_own_profile,
    set_password,
    use_sign_in_link,
)
from tracker.web.forms import show_gaps
from tracker.web.gate import (
    actor,
    begin,
    current_actor,
    current_person,
    forget,
    remember,
    signed_in,
    tracker,
)
from tracker.web.times import zone_choices

bp = Blueprint("login", __name__)


class SignInForm(FlaskForm):  # type: ignore[misc]
    """E-mail address and password."""

    email = EmailField("E-mail", validators=[DataRequired("Type your e-mail address")])
    password = PasswordField("Password", validators=[DataRequired("Type your password")])


class ProfileForm(FlaskForm):  # type: ignore[misc]
    """What a person says about themselves."""

    name = StringField("Name", validators=[DataRequired("Your name is needed"), Length(max=200)])
    time_zone = SelectField("Time zone")
    reminders_by = SelectField(
        "Reminders",
        choices=[
            ("", "In Slack where I am known there, otherwise by mail"),
            ("mail", "By mail"),
            ("none", "On my home page only"),
        ],
        validate_choice=False,
    )


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password, typed twice."""

    password = PasswordField("New password")
    again = PasswordField("The same again")


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """The sign-in form; wrong words are answered the same whoever is meant."""
    if current_actor() is not None and request.method == "GET":
        return redirect(_next_page())
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("login/sign_in.html", form=form)
    email = address_of(str(form.email.data))
    limit = tracker().settings.sign_in_tries_per_minute
    with tracker().begin_as_system() as work:
        allowed = count_sign_in_attempt(
            work, f"account {email}", f"address {_caller()}", limit=limit
        )
    if not allowed:
        return render_template("errors/429.html", error=None), 429
    with tracker().begin_as_system() as work:
        person = check_password(work, email, str(form.password.data))
    if person is None:
        form.password.errors = ["Address and password do not go together. Please try again."]
        return render_template("login/sign_in.html", form=form), 422
    remember(person)
    return redirect(_next_page())


@bp.get("/sign-in/link/<secret>")
def link(secret: str) -> str:
    """Asks for a click, so that a mail scanner that follows links does not use it up."""
    return render_template("login/link.html", secret=secret)


@bp.post("/sign-in/link/<secret>")
def use_link(secret: str) -> Response | tuple[str, int]:
    """Signs the person of the link in, once."""
    limit = tracker().settings.sign_in_tries_per_minute
    with tracker().begin_as_system() as work:
        allowed = count_sign_in_attempt(work, f"link {_caller()}", limit=limit)
    if not allowed:
        return render_template("errors/429.html", error=None), 429
    try:
        with tracker().begin_as_system() as work:
            person = use_sign_in_link(work, secret)
    except NotFound:
        return render_template("login/link_used.html"), 404
    remember(person)
    if not person.password_hash:
        flash("You are signed in. Set a password here to come back without a link.", "success")
        return redirect(url_for("login.profile"))
    return redirect(url_for("home.page"))


@bp.post("/sign-out")
def sign_out() -> Response:
    """Nobody is signed in in this browser any more."""
    forget()
    return redirect(url_for("login.sign_in"))


@bp.route("/profile", methods=["GET", "POST"])
@signed_in
def profile() -> str | Response | tuple[str, int]:
    """Name, time zone, reminders and password of the person who is signed in."""
    person = current_person()
    form = ProfileForm(obj=person)
    form.time_zone.choices = zone_choices(actor().time_zone)
    status = 200
    if form.validate_on_submit():
        try:
            with begin() as work:
                edit_own_profile(
                    work,
                    name=form.name.data or "",
                    time_zone=form.time_zone.data or "",
                    reminders_by=form.reminders_by.data,
                )
            flash("Saved.", "success")
            return redirect(url_for("login.profile"))
        except NotValid as error:
            show_gaps(form, error)
    if form.errors:
        status = 422
    return _profile_page(form, PasswordForm(formdata=None)), status


@bp.post("/profile/time-zone")
@signed_in
def take_zone() -> Response:
    """The zone that the browser offered becomes that of the person."""
    zone = request.form.get("time_zone", "")
    try:
        with begin() as work:
            edit_own_profile(work, name=actor().name, time_zone=zone)
        flash(f"Times are shown and read in {zone} from now on.", "success")
    except NotValid:
        flash("The tracker does not know that zone. Choose one below.", "error")
        return redirect(url_for("login.profile"), 303)
    return redirect(_next_page(), 303)


@bp.post("/profile/password")
@signed_in
def password() -> str | Response | tuple[str, int]:
    """A new password for the person who is signed in; other browsers are signed out."""
    form = PasswordForm()
    if form.password.data != form.again.data:
        form.again.errors = ["The two are not the same."]
    elif form.validate_on_submit():
        try:
            with begin() as work:
                person = work.find(Person, actor().person_id, what="Your account")
                set_password(work, person, str(form.password.data))
            remember(person)
            flash("Your new password is in force. Other browsers are signed out.", "success")
            return redirect(url_for("login.profile"))
        except NotValid as error:
            show_gaps(form, error)
    settings = ProfileForm(formdata=None, obj=current_person())
    settings.time_zone.choices = zone_choices(actor().time_zone)
    return _profile_page(settings, form), 422


def _profile_page(form: ProfileForm, password_form: PasswordForm) -> str:
    return render_template(
        "login/profile.html",
        form=form,
        password_form=password_form,
        shortest_password=SHORTEST_PASSWORD,
    )


def _caller() -> str:
    """The address of the request; of IPv6 the network, because whoever has one has all of it."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))


def _next_page() -> str:
    """Where the person wanted to go, if that is a page of ours."""
    wanted = request.args.get("next", "")
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    if ours and not parts.netloc and not parts.scheme:
        return wanted
    return url_for("home.page")
