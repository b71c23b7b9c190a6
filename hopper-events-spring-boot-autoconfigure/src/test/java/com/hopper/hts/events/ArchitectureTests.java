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
package com.hopper.hts.events;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import org.jspecify.annotations.NullMarked;
import org.reactivestreams.Publisher;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.lang.CheckReturnValue;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/**
 * The structure of the code.
 */
@AnalyzeClasses(packages = "com.hopper.hts.events", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

	private static final DescribedPredicate<JavaClass> OURS = JavaClass.Predicates
		.resideInAPackage("com.hopper.hts.events..");

	@ArchTest
	static final ArchRule packagesAreFreeOfCycles = slices().matching("com.hopper.hts.(events..)")
		.should()
		.beFreeOfCycles();

	@ArchTest
	static final ArchRule rootPackageDependsOnNoOther = noClasses().that()
		.resideInAPackage("com.hopper.hts.events")
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("com.hopper.hts.events.*..");

	@ArchTest
	static final ArchRule onlyAutoConfigurationKnowsSpringBoot = noClasses().that(OURS)
		.and()
		.resideOutsideOfPackages("com.hopper.hts.events.autoconfigure..", "com.hopper.hts.events.actuate..",
				"com.hopper.hts.events.outbox..", "com.hopper.hts.events.session.web..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("org.springframework.boot..");

	@ArchTest
	static final ArchRule unsubscribedPublicationsAreFoundByTheCompiler = methods().that()
		.areDeclaredInClassesThat()
		.haveNameMatching("com\\.hopper\\.hts\\.events\\.(EventPublisher|EventOutbox|session\\.HopperSessions)")
		.and()
		.arePublic()
		.and()
		.haveRawReturnType(JavaClass.Predicates.assignableTo(Publisher.class))
		.should()
		.beAnnotatedWith(CheckReturnValue.class);

	@ArchTest
	static final ArchRule nothingKnowsJackson2OrSecurity = noClasses().that(OURS)
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("com.fasterxml.jackson.core..", "com.fasterxml.jackson.databind..",
				"org.springframework.security..");

	@ArchTest
	static final ArchRule onlyAutoConfigurationsAndConnectionDetailsArePublicInTheirPackage = classes().that()
		.resideInAPackage("com.hopper.hts.events.autoconfigure")
		.and()
		.areTopLevelClasses()
		.and()
		.areNotAnnotatedWith(AutoConfiguration.class)
		.and()
		.areNotInterfaces()
		.should()
		.notBePublic();

	@ArchTest
	static final ArchRule autoConfigurationsArePublicAndFinal = classes().that()
		.areAnnotatedWith(AutoConfiguration.class)
		.should()
		.bePublic()
		.andShould()
		.haveModifier(JavaModifier.FINAL)
		.andShould()
		.haveSimpleNameEndingWith("AutoConfiguration");

	@ArchTest
	static final ArchRule beanMethodsAreNotPublic = methods().that()
		.areAnnotatedWith(Bean.class)
		.and()
		.areDeclaredInClassesThat(OURS)
		.should()
		.notBePublic()
		.andShould()
		.notBePrivate()
		.andShould()
		.notBeAnnotatedWith(ConditionalOnClass.class);

	@ArchTest
	static final ArchRule configurationsAreNotProxied = classes().that()
		.areAnnotatedWith(Configuration.class)
		.and(OURS)
		.should()
		.beAnnotatedWith(DescribedPredicate.describe("@Configuration(proxyBeanMethods = false)",
				(annotation) -> annotation.getRawType().isEquivalentTo(Configuration.class)
						&& Boolean.FALSE.equals(annotation.getProperties().get("proxyBeanMethods"))));

	@ArchTest
	static final ArchRule nothingIsScanned = noClasses().that(OURS).should().beAnnotatedWith(ComponentScan.class);

	@ArchTest
	static final ArchRule packagesAreNullMarked = classes().that(OURS)
		.should(ArchConditions.be(DescribedPredicate.describe("in a @NullMarked package",
				(type) -> type.getPackage().isAnnotatedWith(NullMarked.class))));

	@ArchTest
	static final ArchRule beansCanBeReplaced = methods().that()
		.areAnnotatedWith(Bean.class)
		.and()
		.areDeclaredInClassesThat(OURS)
		.and()
		.doNotHaveName("hopperHttpConnector")
		.should()
		.beAnnotatedWith(ConditionalOnMissingBean.class);

}
