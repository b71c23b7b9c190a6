/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.booking;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.openqa.selenium.By;
import org.openqa.selenium.ElementNotInteractableException;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.support.ui.WebDriverWait;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A headless Chromium that is installed on this machine, and reaches nothing but this
 * machine.
 */
final class Browser implements AutoCloseable {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private final ChromeDriver driver;

	private Browser(ChromeDriver driver) {
		this.driver = driver;
		driver.manage().timeouts().scriptTimeout(TIMEOUT).pageLoadTimeout(TIMEOUT);
	}

	static boolean isInstalled() {
		return find("chromium").isPresent() && find("chromedriver").isPresent();
	}

	static Browser start() {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(find("chromium").orElseThrow());
		options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
				"--hide-scrollbars", "--no-first-run", "--disable-background-networking", "--disable-component-update",
				"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--window-size=1280,1000");
		ChromeDriverService service = new ChromeDriverService.Builder()
			.usingDriverExecutable(find("chromedriver").orElseThrow())
			.usingAnyFreePort()
			.build();
		return new Browser(new ChromeDriver(service, options));
	}

	private static Optional<File> find(String program) {
		return Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(Pattern.quote(File.pathSeparator)))
			.map((directory) -> Path.of(directory, program))
			.filter(Files::isExecutable)
			.map(Path::toFile)
			.findFirst();
	}

	void open(String url) {
		// Another customer
		this.driver.manage().deleteAllCookies();
		this.driver.get(url);
		awaitNumber("#pending", 0);
	}

	void colorScheme(String scheme) {
		this.driver.executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
	}

	void size(int width, int height) {
		this.driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
	}

	WebElement find(By element) {
		return this.driver.findElement(element);
	}

	WebElement focused() {
		return this.driver.switchTo().activeElement();
	}

	/**
	 * Press a button or choose an option, as soon as it is there.
	 */
	void click(String selector) {
		await(selector + " can be clicked", () -> {
			WebElement element = find(By.cssSelector(selector));
			if (!element.isDisplayed() || !element.isEnabled()) {
				return false;
			}
			element.click();
			return true;
		});
	}

	void awaitText(String selector, String text) {
		await(selector + " contains '" + text + "'", () -> find(By.cssSelector(selector)).getText().contains(text));
	}

	void awaitText(String selector, Pattern text) {
		await(selector + " matches " + text, () -> text.matcher(find(By.cssSelector(selector)).getText()).find());
	}

	void awaitNumber(String selector, int number) {
		await(selector + " is " + number,
				() -> find(By.cssSelector(selector)).getText().equals(String.valueOf(number)));
	}

	void awaitGone(String selector) {
		await(selector + " is gone",
				() -> this.driver.findElements(By.cssSelector(selector)).stream().noneMatch(WebElement::isDisplayed));
	}

	int count(String selector) {
		return this.driver.findElements(By.cssSelector(selector)).size();
	}

	void awaitMore(String selector, int count) {
		await("there are more than " + count + " of " + selector, () -> count(selector) > count);
	}

	/**
	 * Wait until the timeline has an event that stands in a certain way.
	 * @return what the timeline says about it
	 */
	String awaitEvent(String type, String reference, String state) {
		By events = By.cssSelector("#timeline > li[data-state='" + state + "']");
		String[] found = new String[1];
		await(type + " " + reference + " is " + state, () -> {
			found[0] = this.driver.findElements(events)
				.stream()
				.map(WebElement::getText)
				.filter((text) -> text.contains(type) && text.contains(reference))
				.findFirst()
				.orElse(null);
			return found[0] != null;
		});
		return found[0].replace('\n', ' ');
	}

	private void await(String what, Condition condition) {
		new WebDriverWait(this.driver, TIMEOUT, Duration.ofMillis(100))
			.withMessage(() -> what + ", but the page says: " + find(By.tagName("body")).getText())
			.ignoring(StaleElementReferenceException.class)
			.ignoring(ElementNotInteractableException.class)
			.until((driver) -> condition.isMet());
	}

	Object run(String script) {
		return this.driver.executeScript(script);
	}

	/**
	 * Verify that axe-core finds no serious and no critical fault in the page.
	 */
	void assertAccessible() {
		this.driver.executeScript(axe());
		Object faults = this.driver.executeAsyncScript(
				"""
						const done = arguments[arguments.length - 1];
						axe.run(document, { resultTypes: ['violations'] }).then((results) => done(results.violations
							.filter((fault) => fault.impact === 'serious' || fault.impact === 'critical')
							.map((fault) => fault.id + ': ' + fault.help + ': ' + fault.nodes.map((node) => node.html).join(' ')))
						).catch((failure) => done([String(failure)]));
						""");
		assertThat((List<?>) faults).isEmpty();
	}

	private static String axe() {
		try (InputStream script = Browser.class.getResourceAsStream("/axe.min.js")) {
			return new String(script.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.driver.quit();
	}

	private interface Condition {

		boolean isMet();

	}

}
